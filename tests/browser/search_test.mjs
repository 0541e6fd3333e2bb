/* Searching: filters, ranges, the query box, chips and links, as product.md numbers them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { event, platform } from "./data.mjs";
import { accessible, closed, finish, startDaybook } from "./lib.mjs";

const daybook = await startDaybook({ again: true });
await daybook.post(platform());
const acme = "/search?tenant=acme";

const rows = (page) => page.locator("table.events tr.event");
const ready = (page) => rows(page).first().waitFor();
const param = (page, name) => new URL(page.url()).searchParams.getAll(name);
const filter = (page, name) =>
  page.locator("#filters").getByRole("button", { name, exact: false }).first();
const search = (page) =>
  page.getByRole("button", { name: "Search", exact: true }).click();
const counted = (page, count) =>
  page
    .getByText(`${count} event${count === 1 ? "" : "s"}`, { exact: true })
    .waitFor();
const countOf = async (q) =>
  (await daybook.get(`/v1/stats?q=${encodeURIComponent(`tenant:acme ${q}`)}`))
    .events;

/* Opens a filter, takes some of its values, and presses one of its buttons. */
async function choose(page, name, values, button = "Apply") {
  await filter(page, name).click();
  const dialog = page.getByRole("dialog");
  for (const value of values)
    await dialog.getByRole("option", { name: value }).first().click();
  await dialog.getByRole("button", { name: button, exact: true }).click();
  await dialog.waitFor({ state: "detached" });
}

await test("row 4: filters are searchable check lists with counts, Select All, Apply and Cancel, and they combine", async () => {
  const page = await daybook.open(acme);
  await ready(page);
  await filter(page, "Activity").click();
  const dialog = page.getByRole("dialog", { name: "Activity" });
  const option = dialog.getByRole("option", { name: /^Template Created/ });
  await option.waitFor();
  assert.match(await option.innerText(), /Template Created\s+20/);
  await accessible(page, "check list");
  await dialog.getByRole("searchbox").fill("created");
  await dialog
    .getByRole("option", { name: /Contact Deleted/ })
    .waitFor({ state: "detached" });
  await dialog.getByRole("button", { name: "Select All" }).click();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "detached" });
  assert.deepEqual(param(page, "activity"), []);
  assert.equal(
    await filter(page, "Activity").innerText(),
    "Activity",
    "cancelled",
  );
  await choose(page, "Activity", [/^Template Created/, /^Contact Deleted/]);
  await choose(page, "Product", [/^Voice/, /^WhatsApp/]);
  await choose(page, "User / API key", [/^jane\.doe/]);
  assert.deepEqual(param(page, "activity"), [], "staged until Search");
  await search(page);
  await counted(
    page,
    await countOf(
      'activity:"Template Created","Contact Deleted" product:Voice,WhatsApp actor.name:jane.doe',
    ),
  );
  assert.deepEqual(param(page, "product").sort(), ["Voice", "WhatsApp"]);
  await closed(page);
});

await test("row 4: the log opens on the last 30 days", async () => {
  await daybook.post([
    event(60 * 24 * 40, { tenant: "old", activity: "Long ago" }),
    event(60 * 24 * 20, { tenant: "old", activity: "Lately" }),
  ]);
  const page = await daybook.open("/search?tenant=old");
  await ready(page);
  assert.equal(await rows(page).count(), 1);
  await page.getByRole("button", { name: "Last 30 days" }).waitFor();
  await closed(page);
});

await test("row 9: a keyword is found in every field, and the query language is completed", async () => {
  const page = await daybook.open(acme);
  await ready(page);
  const box = page.getByRole("combobox", { name: "Query" });
  await box.fill("eu-west-1");
  await box.press("Enter");
  await counted(page, 60);
  await box.fill("");
  await box.pressSequentially("act");
  const names = page.getByRole("listbox", { name: "Completions" });
  await names.getByRole("option", { name: /^actor:/ }).waitFor();
  await accessible(page, "completions");
  await box.press("ArrowDown");
  await box.press("Enter");
  assert.equal(await box.inputValue(), "actor:");
  await box.pressSequentially("mir");
  await names.getByRole("option", { name: /^mira\.b/ }).waitFor();
  await box.press("ArrowDown");
  await box.press("Enter");
  assert.equal(await box.inputValue(), "actor:mira.b");
  await box.press("Escape");
  await box.press("Enter");
  await counted(page, await countOf("actor:mira.b"));
  assert.deepEqual(param(page, "q"), ["actor:mira.b"]);
  await closed(page);
});

const presets = [
  "Last 24 hours",
  "Today",
  "This week",
  "Last 7 days",
  "Last 30 days",
  "This month",
  "Last 3 months",
  "Last 6 months",
  "Last year",
];

await test("rows 11 and 16: presets and custom ranges in the zone shown", async () => {
  const page = await daybook.open(acme);
  await ready(page);
  const range = page.locator(".range-choice button");
  await range.click();
  const dialog = page.getByRole("dialog");
  for (const name of presets)
    await dialog.getByRole("button", { name, exact: true }).waitFor();
  await accessible(page, "range");
  await dialog.getByRole("button", { name: "Last 7 days" }).click();
  assert.deepEqual(param(page, "range"), [], "staged");
  await search(page);
  await page.waitForURL(/range=7d/);
  await range.click();
  const days = dialog.getByRole("grid").getByRole("button");
  await dialog.getByRole("button", { name: "Earlier month" }).click();
  await days.filter({ hasText: /^10$/ }).first().click();
  await days.filter({ hasText: /^12$/ }).first().click();
  await dialog.getByRole("button", { name: "Apply" }).click();
  await search(page);
  await page.waitForURL(/from=/);
  const [from, to] = [param(page, "from")[0], param(page, "to")[0]].map(
    (text) => new Date(text),
  );
  const local = (date) =>
    date.toLocaleString("en-GB", {
      timeZone: "Europe/Berlin",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
    });
  assert.deepEqual(
    [local(from), local(to)],
    ["10, 00:00", "13, 00:00"],
    "the last day is whole",
  );
  await closed(page);
});

await test("row 16: objects in categories with more than two as +X more; action, affected and performing user, domain, IP", async () => {
  const page = await daybook.open(acme);
  await ready(page);
  await filter(page, "Objects").click();
  const dialog = page.getByRole("dialog", { name: "Objects" });
  for (const name of [
    "Authentication",
    "Users & Domains",
    "Communication",
    "Configuration",
    "System",
    "Other",
  ])
    await dialog.getByRole("group", { name, exact: true }).waitFor();
  for (const name of [/^Call Queue/, /^Template/, /^Contact/, /^Phone Number/])
    await dialog.getByRole("option", { name }).first().click();
  await dialog.getByRole("button", { name: "Apply" }).click();
  assert.match(await filter(page, "Objects").innerText(), /\+2 more/);
  await choose(page, "Action", [/^Create/, /^Delete/]);
  await choose(page, "Affected user", [/^1003/]);
  await choose(page, "Affected domain", [/^other\.example/]);
  await choose(page, "By domain", [/^acme\.example/]);
  await filter(page, "By IP").click();
  await page.getByRole("dialog").getByRole("searchbox").fill("203.0.113.0/24");
  await page.getByRole("option", { name: /203\.0\.113\.0\/24/ }).click();
  await page.getByRole("button", { name: "Apply" }).click();
  await search(page);
  const q =
    "action:create,delete object:call_queue,template,contact user:1003 domain:other.example by.domain:acme.example ip:203.0.113.0/24";
  const expected = await countOf(q);
  assert.ok(expected > 0);
  await counted(page, expected);
  await accessible(page, "filters on");
  await closed(page);
});

await test("row 17: Search applies what is staged, Clear goes back to the beginning, 24 hours are a press away", async () => {
  const page = await daybook.open(`${acme}&action=delete&q=contact`);
  await ready(page);
  await page.getByRole("combobox", { name: "Query" }).fill("template");
  await page.getByTitle("Changed: press Search to apply").waitFor();
  assert.deepEqual(param(page, "q"), ["contact"]);
  await page.getByRole("button", { name: "Clear", exact: true }).click();
  await page.waitForURL(
    (url) => !url.searchParams.has("q") && !url.searchParams.has("action"),
  );
  assert.equal(
    await page.getByRole("combobox", { name: "Query" }).inputValue(),
    "",
  );
  await closed(page);
});

await test("active filters are chips that go at once, and going back brings them again", async () => {
  const page = await daybook.open(
    `${acme}&action=delete&action=create&q=-actor%3Ajane.doe`,
  );
  await ready(page);
  const chips = page.getByRole("list", { name: "Active filters" });
  await chips
    .getByRole("button", { name: "Remove Action: Delete, Create" })
    .click();
  await page.waitForURL((url) => !url.searchParams.has("action"));
  await chips.getByRole("button", { name: "Remove -actor:jane.doe" }).click();
  await page.waitForURL((url) => !url.searchParams.has("q"));
  await page.goBack();
  await page.goBack();
  await page.waitForURL(/action=delete/);
  await chips
    .getByRole("button", { name: "Remove Action: Delete, Create" })
    .waitFor();
  await closed(page);
});

await test("a value of an event filters for it, or it out, at once", async () => {
  const page = await daybook.open(`${acme}&q=req-17`);
  await ready(page);
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  const details = page.locator(".event-details");
  const region = details.locator(".param-tag", { hasText: "eu-west-1" });
  await region.waitFor();
  await accessible(page, "details");
  await region.getByRole("button").last().click();
  await page.getByRole("menuitem").first().waitFor();
  await accessible(page, "value menu");
  await page.getByRole("menuitem").nth(1).click();
  await page.waitForURL((url) =>
    url.searchParams.get("q").includes("params.region:eu-west-1"),
  );
  await closed(page);
});

await test("a link shows somebody else the same: filters, range, columns, zone, open event", async () => {
  const address = `${acme}&log=admin&action=create&range=7d&cols=time%2Cactor&limit=10&by=action&tz=Asia%2FTokyo`;
  const page = await daybook.open(address);
  await ready(page);
  await rows(page).nth(2).locator(".toggle").click();
  await page.locator(".event-details").waitFor();
  await page.waitForURL(/open=/);
  const link = page.url();
  const shown = await rows(page).allInnerTexts();
  const other = await daybook.open(link.replace(daybook.url, ""), {
    zone: "America/New_York",
  });
  await other.locator(".event-details").waitFor();
  assert.deepEqual(await rows(other).allInnerTexts(), shown);
  assert.equal(other.url(), link);
  await closed(other);
  await closed(page);
});

await test("by keys alone a filter is chosen and applied, and the focus comes back to its button", async () => {
  const page = await daybook.open(acme);
  await ready(page);
  await filter(page, "Action").focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Action" });
  await dialog.getByRole("option", { name: /^Delete/ }).waitFor();
  await page.keyboard.type("delete");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await dialog
    .getByRole("option", { name: /^Delete/, selected: true })
    .waitFor();
  const apply = dialog.getByRole("button", { name: "Apply" });
  for (
    let at = 0;
    at < 6 &&
    !(await apply.evaluate((button) => button === document.activeElement));
    at++
  )
    await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  // React Aria gives the focus back in the frame after.
  await page.waitForFunction(() =>
    document.activeElement?.textContent.startsWith("Action: Delete"),
  );
  await closed(page);
});

await test("narrow: the filters unfold, and a popup fits the window", async () => {
  const page = await daybook.open(acme, { width: 360, height: 700 });
  await page.locator("article").first().waitFor();
  await page.getByRole("button", { name: "Filters" }).click();
  await filter(page, "Objects").click();
  const box = await page.locator(".popup").boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= 360);
  await accessible(page, "narrow filters");
  await closed(page);
});

await test("German is complete: no English text of the page is left", async () => {
  const page = await daybook.open(acme, { locale: "de-DE" });
  await ready(page);
  await page.getByRole("button", { name: "Suchen", exact: true }).waitFor();
  const text = await page.locator("body").innerText();
  for (const word of [
    "Search",
    "Clear",
    "Refresh",
    "Columns",
    "Next",
    "Last 30 days",
  ])
    assert.ok(!text.includes(word), word);
  assert.equal(await page.evaluate(() => document.documentElement.lang), "de");
  await closed(page);
});

await finish();
