/* Fails where the built viewer is larger than its budget (gzip, KiB): scripts before the first rows, all scripts that a reader may
   come to load (the texts of one language), styles. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";

const out = new URL("../../build/web", import.meta.url).pathname;
const first = JSON.parse(readFileSync(join(out, "../web-facts/first.json"), "utf8"));
const outputs = JSON.parse(readFileSync(join(out, "../web-facts/outputs.json"), "utf8"));
const german = new Set(
  Object.entries(outputs)
    .filter(([, output]) => output.entryPoint?.startsWith("src/text/de/"))
    .map(([path]) => basename(path)),
);
const assets = readdirSync(join(out, "assets"));
const size = (name) => gzipSync(readFileSync(join(out, "assets", name)), { level: 9 }).length / 1024;
const sum = (names) => names.reduce((total, name) => total + size(name), 0);

const rows = [
  ["first scripts of index.html", sum(first["index.html"]), 110],
  ["all scripts", sum(assets.filter((name) => name.endsWith(".js") && !german.has(name))), 260],
  ["styles", sum(assets.filter((name) => name.endsWith(".css"))), 12],
];
let over = 0;
for (const [what, kib, most] of rows) {
  console.log(`${kib > most ? "OVER" : "ok  "} ${what}: ${kib.toFixed(1)} of ${most} KiB`);
  over += kib > most;
}
if (process.argv.includes("--list"))
  for (const name of assets.filter((name) => /\.(js|css)$/.test(name)).sort((a, b) => size(b) - size(a)))
    console.log(size(name).toFixed(1).padStart(7), name);
process.exit(over ? 1 : 0);
