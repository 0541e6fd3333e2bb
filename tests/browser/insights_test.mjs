/* Insights (product.md row 13): findings, failed log-ins, hours, places, deletes, keys; each number leads to its events. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, closed, finish, startDaybook } from "./lib.mjs";

const daybook = await startDaybook();
const at = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
const base = (seconds, name) => ({
  tenant: "acme",
  occurred_at: at(seconds),
  actor: { type: "user", name },
});
await daybook.post([
  ...Array.from({ length: 25 }, (_, number) => ({
    ...base(7200 + number, "root"),
    log: "auth",
    action: "login",
    outcome: "failure",
    reason: "bad_password",
    source: { ip: "203.0.113.66" },
  })),
  ...Array.from({ length: 5 }, (_, number) => ({
    ...base(90_000 * number + 60, "jane"),
    log: "auth",
    action: "login",
  })),
  {
    ...base(500, "<b>kim</b>"),
    log: "admin",
    action: "delete",
    target: { type: "contact", name: "x" },
  },
  {
    ...base(400, "kim"),
    log: "admin",
    action: "create",
    target: { type: "api_key", name: "k" },
  },
]);
const section = (page, title) =>
  page
    .locator("section.insight")
    .filter({ has: page.getByRole("heading", { name: title }) });

await test("row 13: an attack on a password is found, and its number leads to exactly its events", async () => {
  const page = await daybook.open("/insights");
  const finding = page
    .locator(".finding")
    .filter({ hasText: "failed log-ins of root" });
  await finding.waitFor();
  await accessible(page, "insights");
  await finding.getByRole("link", { name: "Show 25 events" }).click();
  await page.waitForURL(/\/search\?/);
  await page.getByText("25 events", { exact: true }).first().waitFor();
  await closed(page);
});

await test("row 13: failed log-ins by user and address, deletes and keys, each a link to its events", async () => {
  const page = await daybook.open("/insights");
  for (const [title, value, count] of [
    ["By user", "root", 25],
    ["By address", "203.0.113.66", 25],
    ["Deletes by user", "<b>kim</b>", 1],
    ["API keys created or removed", "kim", 1],
  ]) {
    const row = section(page, title)
      .getByRole("row")
      .filter({ hasText: value });
    await row.waitFor();
    const address = await row.getByRole("link").getAttribute("href");
    const other = await daybook.open(address);
    await other
      .getByText(`${count} event${count > 1 ? "s" : ""}`, { exact: true })
      .first()
      .waitFor();
    await closed(other);
  }
  assert.equal(await page.locator("main b").count(), 0);
  await closed(page);
});

await test("row 13: weekdays by hours as a table of numbers, in which each leads to its events", async () => {
  const page = await daybook.open("/insights");
  const heat = page.getByRole("table", { name: "By weekday and hour" });
  await heat.waitFor();
  assert.equal(await heat.getByRole("columnheader").count(), 24);
  assert.equal(await heat.getByRole("rowheader").count(), 7);
  const cells = heat.getByRole("link");
  let sum = 0;
  for (const text of await cells.allInnerTexts()) sum += Number(text);
  assert.equal(sum, 30);
  const count = Number(await cells.first().innerText());
  await cells.first().click();
  await page
    .getByText(`${count} event${count > 1 ? "s" : ""}`, { exact: true })
    .first()
    .waitFor();
  await closed(page);
});

await test("row 13: of a range too long for single hours the page says how much of it is counted", async () => {
  const page = await daybook.open("/insights?range=year");
  await page.getByText("Only the last 200 days of the range").waitFor();
  await page.goto("/insights?range=30d");
  await page.getByRole("table", { name: "By weekday and hour" }).waitFor();
  assert.equal(await page.getByText("Only the last 200 days").count(), 0);
  await closed(page);
});

await test("row 13: the map is drawn, and a narrow window shows all of the page", async () => {
  const page = await daybook.open("/insights", { width: 360, height: 740 });
  await page.locator(".world path").first().waitFor();
  assert.ok((await page.locator(".world path").count()) > 170);
  const wide = await page.evaluate("document.documentElement.scrollWidth");
  assert.ok(wide <= 360, `the page is ${wide} pixels wide`);
  await accessible(page, "narrow insights");
  await closed(page);
});

await finish();
