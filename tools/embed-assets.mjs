#!/usr/bin/env node
// Turns the viewer's built files into an assembler file (.incbin) and a C table of struct http_asset, to be linked into
// the program. Usage: tools/embed-assets.mjs FOLDER PATHS.json OUT.S OUT.c
//
// FOLDER holds index.html, embed.html, embed.js, assets/* and so on; NAME.br and NAME.gz beside NAME are its encoded
// forms. PATHS.json lists the paths that the viewer draws itself (a path that ends in "/*" stands for everything below
// it): they are answered with index.html. Needs nothing but Node.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { extname, join, relative } from "node:path";

const media = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
};
const left_out = new Set([".br", ".gz", ".map"]);

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]))
    .sort();
}

function fail(text) {
  process.stderr.write(`embed-assets: ${text}\n`);
  process.exit(1);
}

const [folder, pathsFile, assemblerFile, tableFile] = process.argv.slice(2);
if (!tableFile) fail("usage: tools/embed-assets.mjs FOLDER PATHS.json OUT.S OUT.c");

const assembler = ['.section .rodata, "a", %progbits'];
const declarations = [];
const rows = [];
let symbols = 0;

/* One form of a file as a C initializer; {0} where there is no such file. */
function form(file, etag) {
  if (!statSync(file, { throwIfNoEntry: false })) return "{0}";
  const symbol = `daybook_asset_${symbols++}`;
  assembler.push(`.balign 16`, `.globl ${symbol}`, `.hidden ${symbol}`, `${symbol}: .incbin "${file}"`);
  declarations.push(`extern const char ${symbol}[];`);
  return `{${symbol}, ${statSync(file).size}, "\\"${etag}\\""}`;
}

function kindOf(path) {
  if (path.startsWith("/assets/")) return "HTTP_ASSET_FOREVER";
  if (path === "/embed.js") return "HTTP_ASSET_SHARED";
  if (path === "/embed.html") return "HTTP_ASSET_EMBED";
  return path.endsWith(".html") ? "HTTP_ASSET_PAGE" : "HTTP_ASSET_FILE";
}

function addressesOf(path) {
  if (path === "/index.html") return JSON.parse(readFileSync(pathsFile, "utf8"));
  return [path === "/embed.html" ? "/embed" : path];
}

for (const file of filesBelow(folder)) {
  const extension = extname(file);
  if (left_out.has(extension)) continue;
  const path = "/" + relative(folder, file);
  if (!media[extension]) fail(`${file}: no media type is known for "${extension}"`);
  if (!/^[A-Za-z0-9._/-]+$/.test(path)) fail(`${file}: only letters, digits, dots, dashes and underscores are served`);
  const etag = createHash("sha256").update(readFileSync(file)).digest("base64url").slice(0, 22);
  const forms = [form(file, etag), form(`${file}.br`, `${etag}-br`), form(`${file}.gz`, `${etag}-gz`)];
  for (const address of addressesOf(path))
    rows.push(`    {"${address}", "${media[extension]}", ${kindOf(path)}, {${forms.join(", ")}}},`);
}
if (!rows.some((row) => row.includes('{"/", '))) fail(`${folder} has no index.html`);

assembler.push('.section .note.GNU-stack, "", %progbits', "");
writeFileSync(assemblerFile, assembler.join("\n"));
writeFileSync(
  tableFile,
  `/* Made by tools/embed-assets.mjs. */\n#include "daemon/daemon.h"\n\n${declarations.join("\n")}\n\n` +
    `const struct http_asset daemon_assets[] = {\n${rows.join("\n")}\n};\n` +
    `const uint32_t daemon_asset_count = sizeof daemon_assets / sizeof *daemon_assets;\n`,
);
