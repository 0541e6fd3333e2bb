/* One log over all channels and all of an account (product.md rows 1, 17, 23 and 29), as its people find it. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { event } from "./data.mjs";
import { accessible, closed, finish, startDaybook } from "./lib.mjs";
import { grant, openAs, person } from "./people.mjs";

const daybook = await startDaybook({ again: true });
const channels = ["Email API", "SMS & SOIP", "WhatsApp", "RCS", "Voice"];
/* Of the master account, a sub-user of it, and two subaccounts, one below the other; and a stranger's. */
const doers = [
  ["acme", "master.admin"],
  ["acme", "sub.user"],
  ["acme/eu", "eu.admin"],
  ["acme/eu/sales", "sales.agent"],
];
await daybook.post([
  ...channels.flatMap((product, number) =>
    doers.map(([tenant, name], doer) =>
      event(10 + 4 * number + doer, {
        tenant,
        product,
        activity: "Settings Updated",
        actor: { type: "user", name },
        params: { [`of_${number}`]: name },
      }),
    ),
  ),
  event(1, { tenant: "acme-2", actor: { type: "user", name: "stranger" } }),
]);
await person(daybook, "acme/master", [grant("admin", "acme")], "acme");
await person(daybook, "acme/eu/head", [grant("auditor", "acme/eu")], "acme/eu");

const rows = (page) => page.locator("table.events tr.event");
const counted = (page, count) =>
  page.getByText(`${count} events`, { exact: true }).first().waitFor();
const column = (page, number) =>
  rows(page)
    .locator(`td:nth-child(${number})`)
    .allInnerTexts()
    .then((texts) => [...new Set(texts)].sort());
const names = (from) =>
  doers
    .slice(from)
    .map(([, name]) => name)
    .sort();

await test("row 1: one log shows every channel, of the master account, its sub-users and its subaccounts", async () => {
  const page = await openAs(
    daybook,
    "acme/master",
    "/search?q=-product%3ADaybook",
  );
  await counted(page, 20);
  assert.deepEqual(await column(page, 3), [...channels].sort());
  assert.deepEqual(await column(page, 5), names(0));
  await accessible(page, "all channels");
  for (const product of channels) {
    await page.goto(`/search?product=${encodeURIComponent(product)}`);
    await counted(page, 4);
    assert.deepEqual(await column(page, 3), [product]);
    assert.deepEqual(await column(page, 5), names(0), product);
  }
  await closed(page);
});

await test("row 1: the tenant chosen in the header narrows the log to a subaccount and what is below it", async () => {
  const page = await openAs(
    daybook,
    "acme/master",
    "/search?q=-product%3ADaybook",
  );
  await counted(page, 20);
  await page.getByRole("button", { name: /^Tenant/ }).click();
  await page.getByRole("option", { name: /^acme\/eu$/ }).click();
  await counted(page, 10);
  assert.deepEqual(await column(page, 5), names(2));
  assert.deepEqual(await column(page, 3), [...channels].sort());
  await closed(page);
});

await test("rows 1 and 15: who has a subaccount sees its channels and nothing of the account above it", async () => {
  const page = await openAs(
    daybook,
    "acme/eu/head",
    "/search?q=-product%3ADaybook",
  );
  await counted(page, 10);
  assert.deepEqual(await column(page, 5), names(2));
  await page.goto("/search?tenant=acme&q=actor%3Amaster.admin");
  await page.getByText("No events match").waitFor();
  await closed(page);
});

await test("row 17: where the tenant wants it, the first search shows the last 24 hours", async () => {
  await daybook.post([
    event(60 * 30, { tenant: "day", activity: "The day before" }),
    event(60, { tenant: "day", activity: "An hour ago" }),
  ]);
  await daybook.request("/v1/tenants/day/settings", {
    method: "PUT",
    body: JSON.stringify({ default_range: "24h" }),
  });
  await person(daybook, "day/dora", [grant("viewer", "day")], "day");
  const page = await openAs(
    daybook,
    "day/dora",
    "/search?q=-product%3ADaybook",
  );
  await page.getByText("An hour ago").waitFor();
  await page.getByRole("button", { name: "Last 24 hours" }).waitFor();
  assert.equal(await page.getByText("The day before").count(), 0);
  await closed(page);
});

await test("row 23: the file has every column, hidden ones too, and each parameter as a column of its own", async () => {
  const page = await openAs(
    daybook,
    "acme/master",
    "/search?q=-product%3ADaybook&cols=time",
  );
  await counted(page, 20);
  await page.getByRole("button", { name: "Export" }).click();
  const dialog = page.getByRole("dialog");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    dialog.getByRole("button", { name: "Export 20 events" }).click(),
  ]);
  const text = await readFile(await download.path(), "utf8");
  const [head, ...lines] = text.trim().split(/\r?\n/);
  const columns = head.split(",");
  const { fields } = await daybook.get("/v1/catalog");
  assert.ok(columns.length >= fields.length, `${columns.length} columns`);
  for (let number = 0; number < channels.length; number++)
    assert.equal(columns.filter((n) => n === `params.of_${number}`).length, 1);
  assert.equal(lines.length, 20);
  await closed(page);
});

await test("row 29: the API log belongs to its business unit, and the content of a call is refused, not kept", async () => {
  const call = (tenant, url, more = {}) =>
    event(1, {
      tenant,
      log: "api",
      actor: { type: "api_key", name: "crm-sync" },
      http: { method: "POST", url, status: 202, ...more },
    });
  await daybook.post([call("acme/eu", "/v2/eu"), call("acme", "/v2/master")]);
  for (const content of ["body", "request_body", "response"]) {
    const refused = await fetch(`${daybook.url}/v1/events`, {
      method: "POST",
      headers: {
        Authorization: `Bearer ${daybook.key}`,
        "Content-Type": "application/json",
      },
      body: JSON.stringify([call("acme", "/x", { [content]: "secret text" })]),
    });
    assert.equal(refused.status, 400, content);
  }
  const page = await openAs(daybook, "acme/eu/head", "/search");
  await page.getByRole("link", { name: "API", exact: true }).click();
  await page.getByText("/v2/eu").waitFor();
  assert.equal(await rows(page).count(), 1);
  await rows(page).first().locator(".toggle").click();
  await page.locator(".event-details .details").waitFor();
  await page.getByText("Raw JSON").click();
  assert.ok(!(await page.innerText("main")).includes("secret text"));
  await closed(page);
});

await finish();
