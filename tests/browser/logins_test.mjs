/* The Logins tab (product.md rows 10 and 31). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, closed, finish, startDaybook } from "./lib.mjs";

const daybook = await startDaybook();
const hostile = "<img src=x onerror=alert(1)>\u202eevil";
const at = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
const login = (minutes, name, more = {}) => ({
  tenant: "acme",
  log: "auth",
  occurred_at: at(minutes),
  action: "login",
  outcome: "success",
  actor: {
    type: "user",
    name,
    display_name: name.toUpperCase(),
    email: `${name}@acme.example`,
  },
  source: { ip: "203.0.113.4", user_agent: "Mozilla/5.0 Firefox/128.0" },
  auth: { method: "password+totp", session: `s-${name}` },
  ...more,
});
const failed = {
  outcome: "failure",
  reason: "bad_password",
  auth: { method: "password" },
};
await daybook.post([
  login(300, "jane", failed),
  login(290, "jane", failed),
  login(280, "jane"),
  { ...login(218, "jane"), action: "logout" },
  login(60, "john"),
  login(30, "mira", failed),
  login(20, hostile.slice(0, 60)),
  ...Array.from({ length: 30 }, (_, number) =>
    login(1000 + number, `many-${number}`),
  ),
]);
const row = (page, name) =>
  page.getByRole("row").filter({ hasText: name }).first();

await test("rows 10, 31: log-ins with result, dates, method, address and session", async () => {
  const page = await daybook.open("/logins");
  await row(page, "JANE").waitFor();
  for (const name of [
    "Name",
    "E-mail",
    "Login status",
    "Successful date",
    "Last failed date",
    "Country",
    "State",
    "City",
  ])
    assert.equal(
      await page.getByRole("columnheader", { name, exact: true }).count(),
      1,
      name,
    );
  const jane = await row(page, "JANE").innerText();
  assert.match(jane, /jane@acme\.example/);
  assert.match(jane, /Successful/);
  assert.match(jane, /1h 2m/);
  assert.match(await row(page, "JOHN").innerText(), /Still open/);
  assert.match(
    await row(page, "MIRA").innerText(),
    /Failed[\s\S]*Wrong password/,
  );
  await accessible(page, "logins");
  await closed(page);
});

await test("rows 10, 22: the usual columns fit the window in both languages, and others can be chosen", async () => {
  for (const locale of ["en-US", "de-DE"]) {
    const page = await daybook.open("/logins", { locale });
    await row(page, "JANE").waitFor();
    const [inside, room] = await page
      .locator(".events-frame")
      .evaluate((frame) => [frame.scrollWidth, frame.clientWidth]);
    assert.ok(inside <= room, `${locale}: ${inside} pixels in ${room}`);
    await closed(page);
  }
  const page = await daybook.open("/logins");
  const header = page.getByRole("columnheader", { name: "IP address" });
  await row(page, "JANE").waitFor();
  assert.equal(await header.count(), 0);
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByText("IP address", { exact: true }).click();
  await header.waitFor();
  await accessible(page, "columns of log-ins");
  await page.reload();
  await header.waitFor();
  assert.match(await row(page, "JANE").innerText(), /203\.0\.113\.4/);
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("button", { name: "As usual" }).click();
  await header.waitFor({ state: "detached" });
  await closed(page);
});

await test("row 31: the details tell address, browser and failures, and lead to the events", async () => {
  const page = await daybook.open("/logins");
  await row(page, "JANE").getByRole("button").focus();
  await page.keyboard.press("Enter");
  await page.getByText("Failures since the last success").waitFor();
  await page.getByText("Mozilla/5.0 Firefox/128.0").waitFor();
  await page.waitForURL(/\/logins\?.*open=/);
  await accessible(page, "open log-in");
  await page.getByRole("link", { name: "Log-ins of this user" }).click();
  await page.waitForURL(/\/search\?/);
  await page.getByText("jane", { exact: false }).first().waitFor();
  await closed(page);
});

await test("rows 10, 31: filters of the page, pages, and an empty answer that helps", async () => {
  const page = await daybook.open("/logins?limit=10");
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText("Page 2").waitFor();
  await page.getByRole("button", { name: "Previous" }).click();
  await page.getByText("Page 1").waitFor();
  await page.getByRole("search").getByRole("combobox").fill("actor:john");
  await page.keyboard.press("Enter");
  await row(page, "JOHN").waitFor();
  assert.equal(await page.locator("tr.event").count(), 1);
  await page.goto("/logins?q=actor:nobody");
  await page.getByText("widen", { exact: false }).first().waitFor();
  await closed(page);
});

await test("row 10: hostile names are text, also in cards at 360 pixels", async () => {
  const page = await daybook.open("/logins", { width: 360, height: 740 });
  await page.locator("article").first().waitFor();
  assert.ok((await page.locator("article").first().innerText()).length > 0);
  assert.equal(await page.locator("main img").count(), 0);
  const wide = await page.evaluate("document.documentElement.scrollWidth");
  assert.ok(wide <= 360, `the page is ${wide} pixels wide`);
  await accessible(page, "cards of log-ins");
  await closed(page);
});

await finish();
