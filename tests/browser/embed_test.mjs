/* The viewer in a page of another site: the example portal, on another origin, in a sandboxed frame. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { accessible, finish, startDaybook, theBrowser } from "./lib.mjs";

const portal_program = new URL(
  "../../examples/portal/portal.mjs",
  import.meta.url,
).pathname;
const daybook = await startDaybook();
const now = () => new Date(Date.now() - 60_000).toISOString();
const event = (tenant, name) => ({
  tenant,
  log: "admin",
  occurred_at: now(),
  action: "delete",
  activity: "Contact Deleted",
  actor: { type: "user", name },
  target: { type: "contact", name: "kim" },
});
await daybook.post([event("acme", "jane.doe"), event("globex", "sven.k")]);

/* A portal on a free port of "localhost": another site than 127.0.0.1, where Daybook is. */
async function startPortal(minutes) {
  const child = spawn(process.execPath, [portal_program], {
    env: {
      ...process.env,
      DAYBOOK_URL: daybook.url,
      DAYBOOK_KEY: daybook.key,
      PORTAL_LISTEN: "localhost:0",
      PORTAL_MINUTES: String(minutes),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  process.on("exit", () => child.kill());
  const url = await new Promise((found, lost) => {
    child.on("exit", () => lost(new Error("the portal ended")));
    child.stdout.on("data", (chunk) => {
      const match = /http:\/\/localhost:\d+/.exec(String(chunk));
      if (match) found(match[0]);
    });
  });
  return { url, stop: () => child.kill() };
}

const portal = await startPortal(15);
await daybook.request("/v1/tenants/acme/settings", {
  method: "PUT",
  body: JSON.stringify({ embed_origins: [portal.url] }),
});

async function openPortal(url = portal.url) {
  const context = await (
    await theBrowser()
  ).newContext({ viewport: { width: 1200, height: 900 } });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(error.message));
  await page.goto(url);
  return {
    page,
    frame: page.frameLocator("iframe"),
    faults,
    close: () => context.close(),
  };
}

await test("embedding: a portal's page shows its own tenant's events in a sandboxed frame, and nothing else", async () => {
  const { page, frame, faults, close } = await openPortal();
  await frame.getByText("jane.doe").first().waitFor();
  assert.equal(await frame.getByText("sven.k").count(), 0);
  const sandbox = await page.locator("iframe").getAttribute("sandbox");
  assert.equal(
    sandbox,
    "allow-scripts allow-same-origin allow-downloads allow-popups",
  );
  const inner = page.frames().find((known) => known.url().includes("/embed"));
  assert.ok(!inner.url().includes("dbv_"), "no token in the address");
  const kept = await inner.evaluate(() => {
    try {
      return localStorage.length + sessionStorage.length;
    } catch {
      return 0;
    }
  });
  assert.equal(kept, 0, "nothing in the browser's storage");
  assert.deepEqual(faults, []);
  await close();
});

await test("embedding: theme and deep links come by message, and the portal learns where the reader is", async () => {
  const { page, frame, faults, close } = await openPortal();
  await frame.getByText("jane.doe").first().waitFor();
  await page.getByRole("button", { name: "Dark" }).click();
  await frame
    .locator(':root[data-theme="dark"]')
    .waitFor({ state: "attached" });
  await page.getByRole("button", { name: "Deletes of this week" }).click();
  await frame.getByRole("button", { name: /Remove.*Delete/ }).waitFor();
  await frame.getByRole("link", { name: "Logins" }).click();
  await page.locator("#where", { hasText: "/logins" }).waitFor();
  assert.match(page.url(), /log=%2Flogins/);
  assert.deepEqual(faults, []);
  await close();
});

await test("embedding: a popup closes when the reader presses in the page around it", async () => {
  const { page, frame, close } = await openPortal();
  await frame.getByRole("button", { name: "Action", exact: true }).click();
  await frame.getByRole("dialog").waitFor();
  await page.locator("header strong").click();
  await page.getByRole("button", { name: "Dark" }).focus();
  await frame.getByRole("dialog").waitFor({ state: "detached" });
  await close();
});

await test("embedding: only the configured origin may frame the viewer", async () => {
  const other = await startPortal(15);
  const { page, close } = await openPortal(other.url);
  const refused = page
    .frames()
    .find((known) => known.url().startsWith("chrome-error"));
  await page.waitForFunction(() => document.querySelector("iframe") !== null);
  assert.ok(
    refused ??
      page
        .frames()
        .every(
          (known) =>
            !known.url().includes("/embed") || known.url().startsWith("chrome"),
        ),
  );
  await close();
  other.stop();
});

await test("embedding: opened by itself, the page says what it is for", async () => {
  const context = await (
    await theBrowser()
  ).newContext({ viewport: { width: 360, height: 740 } });
  const page = await context.newPage();
  await page.goto(`${daybook.url}/embed`);
  await page.getByText("This page belongs into another").waitFor();
  await accessible(page, "embed alone");
  await context.close();
});

portal.stop();
await finish();
