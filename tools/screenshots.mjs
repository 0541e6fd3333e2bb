#!/usr/bin/env node
// Takes the pictures of docs/images/: starts `daybook serve --demo` on a free port with a folder of its own, logs in, and takes each page of the
// viewer in light and dark, wide and narrow, as PAGE-THEME-WIDTH.webp. Usage: tools/screenshots.mjs [PAGE...]; without names, all pages.
//
// The demonstration is made from a fixed sequence up to the moment of its start, so that two runs differ in dates, in counts and in what they find
// at the edge of the range, not in what they show. Needs Chromium and web/node_modules; DAYBOOK and CHROMIUM name other programs.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname;
const { chromium } = createRequire(join(root, "web/package.json"))("playwright-core");
const program = process.env.DAYBOOK ?? join(root, "build/daybook");
const images = join(root, "docs/images");
const key = "screenshots-operator-key";
const quality = 72; // of WebP: text stays crisp
const most_bytes = 3 * 1024 * 1024; // all pictures together: they are in every clone
const sizes = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } };
const wait_ms = 20_000;

// ---- The server, and what pages show besides the demonstration ----

async function start() {
  const data = mkdtempSync(join(tmpdir(), "daybook-screenshots-"));
  const child = spawn(program, ["serve", "--demo", "--data", join(data, "store"), "--listen", "127.0.0.1:0"], {
    env: { ...process.env, DAYBOOK_OPERATOR_KEY: key },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((done) => child.on("exit", done));
  process.on("exit", () => child.kill("SIGKILL")); // also where we are cut off
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(data, { recursive: true, force: true });
  };
  let text = "";
  for await (const chunk of child.stdout) {
    text += chunk;
    const found = /open (http:\S+) in a browser and log in as (\S+) with the password (\S+)/.exec(text);
    if (found) return { url: found[1], login: found[2], password: found[3], stop };
  }
  throw new Error(`the server ended:\n${text}`);
}

async function send(server, method, path, body) {
  const answer = await fetch(server.url + path, {
    method,
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? undefined : answer.json();
}

/* The example of a portal, for whose origin the tenant allows embedding. */
async function startPortal(server) {
  const child = spawn(process.execPath, [join(root, "examples/portal/portal.mjs")], {
    env: { ...process.env, DAYBOOK_URL: server.url, DAYBOOK_KEY: key, PORTAL_LISTEN: "localhost:0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  server.stopPortal = () => child.kill("SIGKILL");
  process.on("exit", server.stopPortal);
  const url = /http:\S+/.exec(String((await once(child.stdout, "data"))[0]))[0];
  const { own } = await send(server, "GET", "/v1/tenants/acme/settings");
  await send(server, "PUT", "/v1/tenants/acme/settings", { ...own, embed_origins: [...own.embed_origins, url] });
  return url;
}

async function logIn(server) {
  const answer = await fetch(`${server.url}/v1/sessions`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ login: server.login, password: server.password }),
  });
  if (answer.status !== 201) throw new Error(`log-in: ${answer.status}`);
  const [name, value] = answer.headers.get("set-cookie").split(";")[0].split("=");
  return { cookie: { name, value, url: server.url }, csrf: (await answer.json()).csrf };
}

/* A finished export job of the person in the pictures. */
async function exportOnce(server, session) {
  const { name, value } = session.cookie;
  const answer = await fetch(`${server.url}/v1/exports`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Cookie: `${name}=${value}`, "X-Daybook-CSRF": session.csrf },
    body: JSON.stringify({ q: "tenant:acme action:delete", from: "now-90d", tz: "Europe/Berlin", format: "csv" }),
  });
  if (answer.status !== 201) throw new Error(`export: ${answer.status} ${await answer.text()}`);
}

/* What comes in while the live page is looked at. */
async function sendLive(server) {
  const people = [["jane.doe", "Jane Doe"], ["john.smith", "John Smith"], ["ann.lee", "Ann Lee"], ["lena.p", "Lena Petrova"]];
  const what = [
    ["update", "Call Queue Updated", "Voice", "call_queue", "Support EU"],
    ["create", "Campaign Created", "Email", "campaign", "Winter offers"],
    ["activate", "Campaign Activated", "SMS", "campaign", "Pick-up reminders"],
    ["delete", "Contact Deleted", "WhatsApp", "contact", "+49 30 1234567"],
    ["export", "Contacts Exported", "Email", "contact_list", "Newsletter"],
  ];
  for (let i = 0; i < 14; i++) {
    const [name, display_name] = people[i % people.length];
    const [action, activity, product, type, target] = what[i % what.length];
    await send(server, "POST", "/v1/events", {
      tenant: i % 3 ? "acme/eu" : "globex",
      log: "admin",
      occurred_at: new Date().toISOString(),
      action,
      activity,
      product,
      actor: { type: "user", name, display_name },
      source: { ip: `203.0.113.${4 + i}` },
      target: { type, name: target },
    });
  }
}

// ---- Pages ----

const button = (page, name) => page.getByRole("button", { name });
const showFilters = async (page) => {
  const narrow = button(page, /^Filters/);
  if (await narrow.isVisible()) await narrow.click();
};
const rows = (page) => page.locator("main table tbody tr, main li article, main .cards > *").first().waitFor();

/* name, address and what is done there before the picture; `out`: without logging in; `tall`: the height of the wide picture. */
const pages = [
  { name: "log-in", path: "/login", out: true, ready: (page) => page.getByLabel("Password", { exact: true }).waitFor() },
  { name: "search", path: "/search", ready: rows },
  { name: "cards", path: "/search?view=cards", ready: rows },
  {
    name: "event",
    path: `/search?log=admin&q=${encodeURIComponent('changes.field:members "Support EU"')}`,
    tall: 1180,
    ready: rows,
    act: async (page, server, width) => {
      await page.locator("main [aria-expanded=false]").and(button(page, /^Details|^Show/)).first().click();
      await button(page, "Copy details").waitFor();
      const shown = page.locator("main [aria-expanded=true]").last();
      await shown.evaluate((element, narrow) => scrollTo(0, narrow ? scrollY + element.getBoundingClientRect().top - 24 : 0), width === "narrow");
    },
  },
  {
    name: "filter",
    path: "/search?log=admin",
    ready: rows,
    act: async (page) => {
      await showFilters(page);
      await button(page, /^Activity/).click();
      await page.getByRole("dialog").getByRole("option").first().waitFor();
    },
  },
  {
    name: "export",
    path: "/search?log=admin&action=delete",
    ready: rows,
    act: async (page) => {
      await page.getByRole("button", { name: "Export", exact: true }).click();
      await button(page, /^Export \d/).waitFor();
    },
  },
  { name: "exports", path: "/exports", ready: (page) => page.getByText("Complete").first().waitFor() },
  { name: "logins", path: "/logins", ready: rows },
  { name: "insights", path: "/insights", ready: (page) => page.locator("main table").first().waitFor() },
  { name: "account", path: "/account", ready: (page) => page.locator("main form, main table").first().waitFor() },
  { name: "admin-users", path: "/admin/users", ready: rows },
  { name: "admin-keys", path: "/admin/keys", ready: rows },
  { name: "admin-tenants", path: "/admin/tenants", ready: rows },
  { name: "admin-tenant", path: "/admin/tenants/acme", ready: (page) => page.getByText("Kept for").first().waitFor() },
  { name: "admin-embedding", path: "/admin/embedding/acme", ready: (page) => page.locator("main h2").first().waitFor() },
  { name: "admin-thresholds", path: "/admin/insights/globex", ready: (page) => page.getByLabel(/^Failed log-ins of one user/).waitFor() },
  {
    name: "portal",
    path: "portal",
    ready: (page) => page.frameLocator("iframe").getByText(/\d events/).first().waitFor(),
    act: async (page, server, width, theme) => {
      if (theme === "dark") await button(page, "Dark").click();
      await page.frameLocator("iframe").getByRole("button", { name: /^Details|^Show/ }).first().waitFor();
    },
  },
  {
    name: "live", // the last: it adds events
    path: "/search",
    ready: rows,
    act: async (page, server) => {
      await page.getByRole("button", { name: "Live", exact: true }).click();
      await page.getByRole("status").filter({ hasText: "Live" }).waitFor();
      await sendLive(server);
      await page.locator(".live-item").nth(11).waitFor();
    },
  },
];

async function openBrowser(server, session) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb", "--hide-scrollbars"],
  });
  const contexts = new Map();
  const context = async (theme, width, out) => {
    const name = `${theme} ${width} ${out}`;
    if (contexts.has(name)) return contexts.get(name);
    const made = await browser.newContext({
      viewport: sizes[width],
      locale: "en-GB",
      timezoneId: "Europe/Berlin",
      colorScheme: theme,
      reducedMotion: "reduce",
    });
    if (!out) await made.addCookies([session.cookie]);
    made.setDefaultTimeout(wait_ms);
    contexts.set(name, made);
    return made;
  };
  return { context, close: () => browser.close() };
}

async function take(server, browser, what, theme, width) {
  const context = await browser.context(theme, width, Boolean(what.out));
  const page = await context.newPage();
  if (what.tall && width === "wide") await page.setViewportSize({ ...sizes.wide, height: what.tall });
  page.on("pageerror", (error) => console.error(`${what.name}: ${error.message}`));
  await page.goto(what.path === "portal" ? server.portal : server.url + what.path, { waitUntil: "networkidle" });
  await what.ready(page);
  await what.act?.(page, server, width, theme);
  await page.mouse.move(0, 0);
  // Playwright itself knows no WebP. Two frames: what was just opened has been drawn.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const devtools = await context.newCDPSession(page);
  const { data } = await devtools.send("Page.captureScreenshot", { format: "webp", quality });
  writeFileSync(join(images, `${what.name}-${theme}-${width}.webp`), Buffer.from(data, "base64"));
  await page.close();
}

const names = process.argv.slice(2);
const wanted = pages.filter((page) => names.length === 0 || names.includes(page.name));
const after = /^(admin-|exports|portal|live)/; // what is made for these would be the newest events of the others
const failed = [];

async function takeAll(server, browser, chosen) {
  for (const what of chosen)
    for (const theme of ["light", "dark"])
      for (const width of Object.keys(sizes))
        await take(server, browser, what, theme, width).catch((error) => {
          failed.push(`${what.name} ${theme} ${width}: ${error.message}`);
        });
}

mkdirSync(images, { recursive: true });
const server = await start();
let browser;
try {
  const session = await logIn(server);
  browser = await openBrowser(server, session);
  await takeAll(server, browser, wanted.filter((page) => !after.test(page.name)));
  server.portal = await startPortal(server);
  await exportOnce(server, session);
  await takeAll(server, browser, wanted.filter((page) => after.test(page.name)));
} finally {
  await browser?.close();
  server.stopPortal?.();
  await server.stop();
}
const bytes = readdirSync(images).reduce((sum, name) => sum + statSync(join(images, name)).size, 0);
console.log(`docs/images: ${Math.round(bytes / 1024)} KiB`);
if (bytes > most_bytes) failed.push(`the pictures are larger than ${most_bytes / 1024} KiB together`);
for (const line of failed) console.error(line);
process.exitCode = failed.length > 0 ? 1 : 0;
