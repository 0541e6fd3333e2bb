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

async function openPortal(url = portal.url, { expected = /^$/ } = {}) {
  const context = await (
    await theBrowser()
  ).newContext({ viewport: { width: 1200, height: 900 } });
  const page = await context.newPage();
  await page.clock.install();
  const faults = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !expected.test(message.text()))
      faults.push(message.text());
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

await test("embedding: the frame names its tenant and offers no other", async () => {
  const { frame, faults, close } = await openPortal();
  await frame.locator(".tenant-only").getByText("acme").waitFor();
  assert.equal(await frame.getByText("All tenants").count(), 0);
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

const allow = (origins) =>
  daybook.request("/v1/tenants/acme/settings", {
    method: "PUT",
    body: JSON.stringify({ embed_origins: origins }),
  });
const sessions = async () =>
  (await daybook.get("/v1/viewer-tokens?tenant=acme")).viewer_tokens;
const end = (session) =>
  daybook.request(`/v1/viewer-tokens/${session.id}`, { method: "DELETE" });
/* The next token that the portal hands to its page; its status. */
const handed = async (page) =>
  (
    await page.waitForResponse((answer) =>
      answer.url().endsWith("/audit-token"),
    )
  ).status();
/* The next token was exchanged, and the viewer asks with the session that it gave; the exchange's status. */
const renewed = async (page) => {
  const asked = (path) =>
    page.waitForResponse((answer) => answer.url().endsWith(path));
  const [exchange] = await Promise.all([asked("/exchange"), asked("/v1/me")]);
  return exchange.status();
};
const inner = (page) =>
  page.frames().find((known) => known.url().includes("/embed"));

await test("embedding: before its minutes are over the session is renewed, and the reader goes on where they were", async () => {
  for (const session of await sessions()) await end(session);
  const short = await startPortal(1);
  await allow([portal.url, short.url]);
  const { page, frame, faults, close } = await openPortal(short.url);
  await frame.getByText("jane.doe").first().waitFor();
  await frame.getByRole("link", { name: "Logins" }).click();
  await page.locator("#where", { hasText: "/logins" }).waitFor();
  const [first] = await sessions();
  const [status, renewal] = [handed(page), renewed(page)];
  await page.clock.fastForward(49_000);
  assert.equal(await status, 200);
  assert.equal(await renewal, 201);
  await end(first);
  await frame.getByRole("link", { name: "All activity" }).click();
  await frame.getByText("jane.doe").first().waitFor();
  assert.deepEqual(faults, [], "the first session is not used any more");
  await close();
  short.stop();
});

await test("embedding: new events go on coming over a renewal, with the new session", async () => {
  for (const session of await sessions()) await end(session);
  const { page, frame, faults, close } = await openPortal();
  await frame.getByText("jane.doe").first().waitFor();
  const [first] = await sessions();
  await frame.getByRole("button", { name: "Live", exact: true }).click();
  await frame.locator(".live-state.on").waitFor();
  const renewal = renewed(page);
  await page.clock.fastForward(13 * 60_000);
  assert.equal(await renewal, 201);
  await end(first);
  await daybook.post([event("acme", "after.renewal")]);
  await frame.getByText("after.renewal").first().waitFor();
  assert.deepEqual(faults, []);
  await close();
});

await test("embedding: a session that ends before its time is replaced by a new token, at the same place", async () => {
  const { page, frame, faults, close } = await openPortal(portal.url, {
    expected: /401/,
  });
  await frame.getByText("jane.doe").first().waitFor();
  await page.getByRole("button", { name: "Deletes of this week" }).click();
  await frame.getByRole("button", { name: /Remove.*Delete/ }).waitFor();
  const where = await page.locator("#where").innerText();
  for (const session of await sessions()) await end(session);
  const status = handed(page);
  await frame.getByRole("button", { name: "Refresh", exact: true }).click();
  assert.equal(await status, 200);
  await frame.getByRole("button", { name: /Remove.*Delete/ }).waitFor();
  await frame.getByText("jane.doe").first().waitFor();
  assert.equal(await page.locator("#where").innerText(), where);
  assert.deepEqual(faults, []);
  await close();
});

await test("embedding: where the portal gets no token any more both pages say so, and one may try again", async () => {
  const { page, frame, faults, close } = await openPortal(portal.url, {
    expected: /401|502/,
  });
  await frame.getByText("jane.doe").first().waitFor();
  await allow([]);
  const status = handed(page);
  await frame.getByRole("button", { name: "Refresh", exact: true }).click();
  assert.equal(await status, 502);
  await page.locator("#where", { hasText: "origin" }).waitFor();
  await frame.getByText("Waiting for the portal").waitFor();
  assert.equal(await frame.getByText("jane.doe").count(), 0);
  await page.clock.fastForward(11_000);
  await frame.getByText("The portal gives no access to the log").waitFor();
  await accessible(page, "no access", inner(page));
  const again = handed(page);
  await frame.getByRole("button", { name: "Try again" }).press("Enter");
  assert.equal(await again, 502);
  await frame.getByText("Waiting for the portal").waitFor();
  assert.equal(
    await inner(page).evaluate("document.activeElement.tagName"),
    "MAIN",
    "the focus stays in the page",
  );
  await page.clock.fastForward(11_000);
  await allow([portal.url]);
  await frame.getByRole("button", { name: "Try again" }).click();
  await frame.getByText("jane.doe").first().waitFor();
  assert.deepEqual(faults, []);
  await close();
});

portal.stop();
await finish();
