/* Plugins of the build: what keeps packages from bringing more than is used. */
import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/* React Aria brings its texts in 34 languages; those that the viewer has no texts for are left out.
   (@react-aria/optimize-locales-plugin does the same, but its form for esbuild cannot load the empty module it puts in their place.) */
export const otherLanguages = {
  name: "other-languages",
  setup(build) {
    build.onResolve({ filter: /\/[a-z]{2}-[A-Z]{2}\.m?js$/ }, (found) =>
      /react-(aria|stately)/.test(found.importer) && !/(en-US|de-DE)\.m?js$/.test(found.path)
        ? { path: found.path, namespace: "other-languages" }
        : undefined,
    );
    build.onLoad({ filter: /./, namespace: "other-languages" }, () => ({ contents: "export default {};" }));
  },
};

/* The viewer's two languages count their days by the Gregorian calendar; the others' code is left out. */
export const otherCalendars = {
  name: "other-calendars",
  setup(build) {
    build.onLoad({ filter: /@internationalized\/date\/dist\/private\/createCalendar\.mjs$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replace(/case '(?!gregory)[\w-]+':\s*return new [^;]*;/g, ""),
    }));
  },
};

/* esbuild splits by file: a module that imports one name from a package's index reaches every file behind it, and what any lazy page
   uses of those lands in the chunk of the first page. So the viewer's own modules import from the files themselves. */
const indexes = { "lucide-react": "dist/esm/lucide-react.mjs", "@internationalized/date": "dist/index.mjs" };

/* Name -> [file, its name there], from `export { a as B } from "file"` and from imports that are exported again. */
function namesOf(modules, name) {
  const index = join(modules, name, indexes[name]);
  const text = readFileSync(index, "utf8");
  const pairs = (list) =>
    list
      .split(",")
      .map((item) => item.trim().split(/\s+as\s+/))
      .map(([from, to]) => [from, to ?? from]);
  const names = new Map();
  const locals = new Map();
  for (const [, kind, list, file] of text.matchAll(/(import|export)\s*\{([^}]*)\}\s*from\s*["']([^"']+)["']/g))
    for (const [from, to] of pairs(list))
      (kind === "export" ? names : locals).set(to, [join(dirname(index), file), from]);
  for (const [, list] of text.matchAll(/export\s*\{([^}]*)\}\s*;/g))
    for (const [local, to] of pairs(list)) if (locals.has(local)) names.set(to, locals.get(local));
  return names;
}

/* Every module that is imported lazily somewhere in src. */
function lazyModules(src) {
  const found = new Set();
  for (const name of readdirSync(src, { recursive: true }).map(String)) {
    if (!/\.tsx?$/.test(name)) continue;
    const text = readFileSync(join(src, name), "utf8");
    for (const [, path] of text.matchAll(/import\("(\.[^"]+)"\)/g)) found.add(join(src, dirname(name), path));
  }
  return found;
}

/* Also, esbuild makes a chunk of every set of modules that the same lazy imports share, dozens of small ones. What the first page is made
   of is there before any other; so every lazy module says that it needs all of it, and all of it becomes one chunk. */
export function ownImports(web, first) {
  const modules = join(web, "node_modules");
  const src = join(web, "src");
  const lazy = lazyModules(src);
  const prefix = first.map((path) => `import ${JSON.stringify(join(web, path))};`).join(" ");
  const known = Object.fromEntries(Object.keys(indexes).map((name) => [name, namesOf(modules, name)]));
  const pattern = /import\s*\{([^}]*)\}\s*from\s*"(lucide-react|@internationalized\/date)";/g;
  function direct(whole, list, name) {
    const items = list
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item && !item.startsWith("type "));
    const lines = items.map((item) => {
      const [from, to = from] = item.split(/\s+as\s+/);
      const [file, original] = known[name].get(from) ?? [];
      return file && `import { ${original} as ${to} } from ${JSON.stringify(file)};`;
    });
    return lines.includes(undefined) ? whole : lines.join(" ") + whole.replace(/[^\n]/g, "");
  }
  return {
    name: "own-imports",
    setup(build) {
      build.onLoad({ filter: new RegExp(`^${src}/.*\\.tsx?$`) }, async ({ path }) => {
        const text = (await readFile(path, "utf8")).replace(pattern, direct);
        const needs_first = lazy.has(path) && !first.some((own) => join(web, own) === path);
        return { contents: needs_first ? prefix + text : text, loader: path.endsWith("x") ? "tsx" : "ts" };
      });
    },
  };
}
