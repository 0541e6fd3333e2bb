/* What browser tests stand on: a real server with data of their own, Debian's Chromium, and pages that fail their test where anything
   reaches the console or breaks the content security policy.

     const daybook = await startDaybook();           // a free port, a temporary data folder, an operator key
     await daybook.post([{...}, ...]);               // events
     const page = await daybook.open("/search");     // logged in with the key; see `open` for what else can be chosen
     await accessible(page);                         // axe-core, light and dark
     await finish();                                 // the last line of every test program */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = new URL("../..", import.meta.url).pathname;
const require = createRequire(join(root, "web/package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const chromium_path = process.env.CHROMIUM ?? "/usr/bin/chromium";
const program = process.env.DAYBOOK ?? join(root, "build/daybook");
const start_limit_ms = 20_000;

if (!existsSync(chromium_path)) {
  console.log(
    `${chromium_path} is missing: tools/install-deps test installs it`,
  );
  process.exit(77);
}

let browser;
const cleanups = [];

/** Closes the browser and stops the servers; a test program that is cut off leaves none behind either. */
export async function finish() {
  await browser?.close();
  for (const cleanup of cleanups.splice(0)) await cleanup();
}

/** Starts `daybook serve` on a free port. `args` and `env` are added to the command's own. `again`: a page that a test has closed
    is taken again by the next, emptied of all it kept: four times as quick as one of a new process. Not for files that change more
    of a page than they show in it (routes, scripts, speed). */
export async function startDaybook({
  args = [],
  env = {},
  again = false,
} = {}) {
  const data = mkdtempSync(join(tmpdir(), "daybook-browser-"));
  const key = "browser-tests-operator-key";
  const child = spawn(
    program,
    [
      "serve",
      "--data",
      join(data, "store"),
      "--listen",
      "127.0.0.1:0",
      ...args,
    ],
    {
      env: { ...process.env, DAYBOOK_OPERATOR_KEY: key, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const output = collect(child);
  const ended = new Promise((done) => child.on("exit", done));
  const kill = () => child.kill("SIGKILL");
  process.on("exit", kill);
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    process.off("exit", kill);
    rmSync(data, { recursive: true, force: true });
  };
  cleanups.push(stop);
  const url = (await output.find(/listening on (http:\/\/[\d.:]+)/))[1];
  const daybook = { url, key, data, output, stop, spare: again ? [] : null };
  daybook.reload = () => child.kill("SIGHUP");
  daybook.request = (path, options = {}) => request(daybook, path, options);
  daybook.get = async (path) => (await daybook.request(path)).json();
  daybook.post = (events) =>
    daybook.request("/v1/events", {
      method: "POST",
      body: JSON.stringify(events),
    });
  daybook.open = (path, options) => openPage(daybook, path, options);
  return daybook;
}

/* What a program prints, to be searched while it comes. */
function collect(child) {
  let text = "";
  const waiting = new Set();
  const hear = (chunk) => {
    text += chunk;
    for (const look of waiting) look();
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  return {
    text: () => text,
    find: (pattern) =>
      new Promise((found, lost) => {
        const timer = setTimeout(
          () => lost(new Error(`${pattern} was not printed:\n${text}`)),
          start_limit_ms,
        );
        const look = () => {
          const match = pattern.exec(text);
          if (!match) return;
          clearTimeout(timer);
          waiting.delete(look);
          found(match);
        };
        waiting.add(look);
        child.on("exit", () => lost(new Error(`the server ended:\n${text}`)));
        look();
      }),
  };
}

async function request(daybook, path, options) {
  const answer = await fetch(daybook.url + path, {
    ...options,
    headers: {
      Authorization: `Bearer ${daybook.key}`,
      "Content-Type": "application/json",
      ...options.headers,
    },
  });
  assert.ok(
    answer.ok,
    `${options.method ?? "GET"} ${path}: ${answer.status} ${answer.ok ? "" : await answer.text()}`,
  );
  return answer;
}

export async function theBrowser() {
  browser ??= await chromium.launch({
    executablePath: chromium_path,
    args: [
      "--no-sandbox",
      "--disable-dev-shm-usage",
      "--force-color-profile=srgb",
    ],
  });
  return browser;
}

/** Opens a page in a fresh context, or in one as fresh.
    width, height; scheme "light" | "dark"; locale, zone; reduced: reduced motion; permissions; key: null for nobody, else the operator's;
    expected: patterns of console messages that the test provokes. */
export async function openPage(daybook, path, options = {}) {
  const {
    width = 1440,
    height = 900,
    scheme = "light",
    locale = "en-US",
    zone = "Europe/Berlin",
    key = daybook.key,
  } = options;
  const looks = {
    baseURL: daybook.url,
    viewport: { width, height },
    colorScheme: scheme,
    locale,
    timezoneId: zone,
    reducedMotion: options.reduced ? "reduce" : "no-preference",
    permissions: options.permissions ?? [],
  };
  const page = takeSpare(daybook, looks, key) ?? (await newPage(looks, key));
  page.spare = daybook.spare;
  page.kind = kindOf(looks, key);
  watch(page, options.expected ?? []);
  await page.emulateMedia({
    colorScheme: looks.colorScheme,
    reducedMotion: looks.reducedMotion,
  });
  await page.setViewportSize(looks.viewport);
  await page.goto(path);
  return page;
}

/* Emulated media and the size of the window are set anew for each test; the rest is the context's own. */
const kindOf = ({ baseURL, locale, timezoneId, permissions }, key) =>
  JSON.stringify([baseURL, locale, timezoneId, permissions, key]);

function takeSpare(daybook, looks, key) {
  const spare = daybook.spare ?? [];
  const at = spare.findIndex(({ kind }) => kind === kindOf(looks, key));
  return at < 0 ? null : spare.splice(at, 1)[0];
}

async function newPage(looks, key) {
  const context = await (await theBrowser()).newContext(looks);
  if (key)
    await context.addInitScript(
      (text) =>
        location.protocol === "http:" &&
        sessionStorage.setItem("daybook.key", text),
      key,
    );
  return context.newPage();
}

/* Errors, warnings and violations of the policy, as they come; `closed` fails on any. */
function watch(page, expected) {
  const faults = [];
  const note = (text) => {
    if (!expected.some((pattern) => pattern.test(text))) faults.push(text);
  };
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()))
      note(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) =>
    note(`page error: ${error.stack ?? error.message}`),
  );
  page.on("requestfailed", (failed) => {
    const why = failed.failure()?.errorText;
    if (why !== "net::ERR_ABORTED")
      note(`request failed: ${failed.url()} ${why}`);
  });
  page.faults = faults;
}

/** Closes a page; fails where anything was wrong in its life. Every test ends with it. */
export async function closed(page) {
  if (page.spare) await empty(page);
  else await page.context().close();
  assert.deepEqual(page.faults, []);
}

const heard = [
  "console",
  "dialog",
  "download",
  "pageerror",
  "request",
  "requestfailed",
  "response",
];

/* Takes from a page all that it knows, and leaves it to the next test. */
async function empty(page) {
  await page.evaluate(() => {
    localStorage.clear();
    sessionStorage.clear();
  });
  await page.goto("about:blank");
  await page.context().clearCookies();
  for (const event of heard) page.removeAllListeners(event);
  page.spare.push(page);
}

const wcag = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/* The rules of those whose result depends on colours. */
const of_colors = ["color-contrast", "link-in-text-block"];

/** axe-core finds no violation of WCAG 2.2 A and AA, in light and in dark; `frame`: in this frame of the page. A theme changes
    colours alone: in dark, the rules about them are asked again. */
export async function accessible(page, what = "page", frame = page) {
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme });
    await frame.evaluate(settled);
    if (!(await frame.evaluate("typeof axe !== 'undefined'")))
      await frame.evaluate(`${axe}; 0`);
    const { violations } = await frame.evaluate(
      (rules) =>
        globalThis.axe.run(document, {
          runOnly: rules,
          resultTypes: ["violations"],
        }),
      scheme === "light" ? wcag : { type: "rule", values: of_colors },
    );
    const said = violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes
        .slice(0, 3)
        .map((node) => `${node.target}: ${node.failureSummary}`),
    }));
    assert.deepEqual(said, [], `${what}, ${scheme}`);
  }
}

/* Waits until no transition or animation that ends is under way. */
function settled() {
  const ending = document
    .getAnimations()
    .filter(
      (animation) => animation.effect?.getComputedTiming().endTime !== Infinity,
    );
  return Promise.all(
    ending.map((animation) => animation.finished.catch(() => undefined)),
  ).then(() => undefined);
}

/** Slows the page's CPU down `times` times. */
export async function slowed(page, times) {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: times });
}

/** The best of at most `times` measurements in milliseconds, each divided by how much the machine's other work held it up just then: a
    budget is for a machine of its own. Ends with the first that is within the budget. */
export async function best(times, budget, measure) {
  let least = Infinity;
  for (let i = 0; i < times && least > budget; i++) {
    const before = contention();
    const took = await measure();
    least = Math.min(least, took / ((before + contention()) / 2));
  }
  return least;
}

/** The median of nine such measurements, in the best of at most five rounds: a machine that is busy for a while fails nothing. */
export async function typical(budget, measure) {
  let least = Infinity;
  for (let round = 0; round < 5 && least > budget; round++) {
    const all = [];
    for (let i = 0; i < 9; i++) all.push(await best(1, 0, measure));
    least = Math.min(least, all.sort((a, b) => a - b)[4]);
  }
  return least;
}

/* How much longer a fixed piece of work takes than in its least disturbed slice; 1 on a quiet machine. */
function contention() {
  const slices = Array.from({ length: 60 }, () => {
    const start = performance.now();
    let x = 1;
    for (let i = 0; i < 1_000_000; i++) x = (Math.imul(x, 1664525) + i) | 0;
    return performance.now() - start + (x === 0 ? 1 : 0) / 1e9;
  });
  const sum = slices.reduce((total, slice) => total + slice, 0);
  return sum / slices.length / Math.min(...slices);
}
