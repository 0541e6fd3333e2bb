/* Bundles test/*_test.ts and runs them with Node's own test runner: Node 18 does not read TypeScript. */
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const web = new URL("..", import.meta.url).pathname;
const out = join(web, "../build/web-tests");
const wanted = process.argv[2] ?? "";
const sources = readdirSync(join(web, "test")).filter((name) => name.endsWith("_test.ts") && name.includes(wanted));
rmSync(out, { recursive: true, force: true });
await build({
  absWorkingDir: web,
  entryPoints: sources.map((name) => `test/${name}`),
  bundle: true,
  platform: "node",
  format: "esm",
  jsx: "automatic",
  outdir: out,
  outExtension: { ".js": ".mjs" },
  sourcemap: "inline",
  logLevel: "warning",
  define: { "process.env.NODE_ENV": '"production"' },
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
});
const files = sources.map((name) => join(out, name.replace(/ts$/, "mjs")));
process.exit(
  spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], { stdio: "inherit" }).status ?? 1,
);
