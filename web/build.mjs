/* Builds the viewer into ../build/web: index.html, embed.html, embed.js and assets/ with hashed names, each text also as .br and .gz.
   Usage: node build.mjs [--dev] [--out FOLDER]   (--dev: readable code with source maps, nothing compressed) */
import { build } from "esbuild";
import { minify } from "terser";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { otherCalendars, otherLanguages, ownImports } from "./tools/plugins.mjs";
import { worldMap } from "./tools/world.mjs";

const dev = process.argv.includes("--dev");
const out_at = process.argv.indexOf("--out");
const here = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
const out = resolve(out_at > 0 ? process.argv[out_at + 1] : join(here, "../build/web"));

/* "daybook:world": the address of the map of the world, a file of its own beside the modules. */
const world = {
  name: "world",
  setup(build) {
    build.onResolve({ filter: /^daybook:world$/ }, () => ({ path: "world.json", namespace: "world" }));
    build.onLoad({ filter: /./, namespace: "world" }, () => ({ contents: worldMap(), loader: "file" }));
  },
};

/* A page: its template in this folder, its first module, and modules that are needed so soon that the page names them. */
const soon = ["src/search/SearchPage.tsx", "src/text/en/search.ts", "src/text/en/results.ts"];
const pages = [
  { file: "index.html", entry: "src/main.tsx", soon },
  { file: "embed.html", entry: "src/embed/main.tsx", soon },
].filter((page) => existsSync(join(here, page.entry)));

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: !dev,
  sourcemap: dev ? "inline" : false,
  target: ["es2022", "chrome120", "firefox121", "safari17.4"],
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
  define: { "process.env.NODE_ENV": dev ? '"development"' : '"production"' },
};

async function bundlePages() {
  const result = await build({
    ...common,
    entryPoints: [...pages.map((page) => page.entry), "src/styles/index.css", "src/icon.svg"],
    format: "esm",
    splitting: true,
    jsx: "automatic",
    loader: { ".svg": "copy" },
    outdir: join(out, "assets"),
    outbase: "src",
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    plugins: [
      otherLanguages,
      otherCalendars,
      world,
      ownImports(here, ["src/app/App.tsx", "src/search/SearchPage.tsx"]),
    ],
  });
  return result.metafile.outputs;
}

/* The module that starts every embedding: one classic script, with a name that does not change. */
async function bundleEmbedScript() {
  const entry = "src/embed/embed.ts";
  if (existsSync(join(here, entry)))
    await build({ ...common, entryPoints: [entry], format: "iife", outfile: join(out, "embed.js") });
}

function outputOf(outputs, source) {
  for (const [path, output] of Object.entries(outputs)) if (output.entryPoint === source) return path;
  throw new Error(`${source} is not among the modules built`);
}

/* All modules that `path` imports statically, itself first. */
function staticModules(outputs, path, seen = new Set()) {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const imported of outputs[path].imports)
    if (imported.kind === "import-statement") staticModules(outputs, imported.path, seen);
  return seen;
}

function firstModules(outputs, page) {
  const first = [...staticModules(outputs, outputOf(outputs, page.entry))];
  for (const source of page.soon) {
    for (const path of staticModules(outputs, outputOf(outputs, source))) if (!first.includes(path)) first.push(path);
  }
  return first;
}

async function writePages(outputs) {
  const address = (path) => `/assets/${basename(path)}`;
  const icon = Object.keys(outputs).find((path) => path.endsWith(".svg"));
  const first = {};
  for (const page of pages) {
    const modules = firstModules(outputs, page);
    const head = [
      `<link rel="icon" href="${address(icon)}">`,
      `<link rel="stylesheet" href="${address(outputOf(outputs, "src/styles/index.css"))}">`,
      `<script type="module" src="${address(modules[0])}"></script>`,
      ...modules.slice(1).map((path) => `<link rel="modulepreload" href="${address(path)}">`),
    ];
    const template = await readFile(join(here, page.file), "utf8");
    await writeFile(join(out, page.file), template.replace("<!-- assets -->", head.join("\n    ")));
    first[page.file] = modules.map((path) => basename(path));
  }
  await mkdir(join(out, "../web-facts"), { recursive: true });
  await writeFile(join(out, "../web-facts/first.json"), JSON.stringify(first, null, 1));
  await writeFile(join(out, "../web-facts/outputs.json"), JSON.stringify(outputs));
}

/* terser finds some 7 KiB (gzip) that esbuild's own minifier leaves. */
async function squeeze(folder) {
  for (const name of (await readdir(folder)).filter((name) => name.endsWith(".js"))) {
    const path = join(folder, name);
    const smaller = await minify(await readFile(path, "utf8"), {
      module: true,
      ecma: 2020,
      compress: { passes: 2 },
    });
    await writeFile(path, smaller.code);
  }
}

/* Writes FILE.br and FILE.gz beside each file where they are smaller. */
async function compress(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      await compress(path);
      continue;
    }
    const content = await readFile(path);
    const br = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
    const gz = gzipSync(content, { level: 9 });
    if (br.length < content.length) await writeFile(`${path}.br`, br);
    if (gz.length < content.length) await writeFile(`${path}.gz`, gz);
  }
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await writePages(await bundlePages());
await bundleEmbedScript();
if (!dev) {
  await squeeze(join(out, "assets"));
  await compress(out);
}
