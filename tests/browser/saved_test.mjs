/* Searches that are kept: under a name, for oneself or for everybody in the tenant, and those typed last. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { event, platform } from "./data.mjs";
import { accessible, closed, finish, startDaybook } from "./lib.mjs";
import { grant, openAs, person } from "./people.mjs";

const daybook = await startDaybook({ again: true });
await daybook.post(platform());
await daybook.post([event(1, { tenant: "other", activity: "Foreign Thing" })]);
for (const [login, role, tenant] of [
  ["acme/ada", "admin", "acme"],
  ["acme/mia", "auditor", "acme"],
  ["acme/paul", "viewer", "acme"],
  ["other/eve", "admin", "other"],
])
  await person(daybook, login, [grant(role, tenant)], tenant);

const rows = (page) => page.locator("table.events tr.event");
const ready = (page) => rows(page).first().waitFor();
const popup = (page) => page.getByRole("dialog", { name: "Saved searches" });
const saved = (page, name) =>
  popup(page).getByRole("link", { name, exact: true });
async function openSaved(page) {
  await page.getByRole("button", { name: "Saved searches" }).click();
  await popup(page).getByRole("button", { name: "Save this search" }).waitFor();
}
async function closeSaved(page) {
  await page.keyboard.press("Escape");
  await popup(page).waitFor({ state: "detached" });
}
async function save(page, name, share) {
  await openSaved(page);
  if (share) await popup(page).getByText(share).click();
  await popup(page).getByLabel("Name").fill(name);
  await popup(page).getByRole("button", { name: "Save this search" }).click();
  await page.getByRole("status").getByText("The search is saved.").waitFor();
  await saved(page, name).waitFor();
}
const param = (page, name) => new URL(page.url()).searchParams.getAll(name);

await test("a search of one's own is saved with filters, range and columns, and opened again in another browser", async () => {
  const page = await openAs(
    daybook,
    "acme/mia",
    "/search?action=delete&range=7d&cols=time%2Cactor&limit=10",
  );
  await ready(page);
  const address = page.url();
  const shown = await rows(page).allInnerTexts();
  await openSaved(page);
  await popup(page).getByText("No search has been saved yet.").waitFor();
  assert.equal(
    await popup(page).getByRole("checkbox").count(),
    0,
    "who does not manage the tenant does not share",
  );
  await closeSaved(page);
  await save(page, "Deletes of the week");
  await accessible(page, "saved searches");
  await closed(page);

  const again = await openAs(daybook, "acme/mia", "/search");
  await ready(again);
  await openSaved(again);
  await saved(again, "Deletes of the week").click();
  await again.waitForURL(/action=delete/);
  await popup(again).waitFor({ state: "detached" });
  assert.equal(again.url(), address);
  await again.waitForFunction(
    (count) => document.querySelectorAll("tr.event").length === count,
    shown.length,
  );
  assert.deepEqual(await rows(again).allInnerTexts(), shown);
  await closed(again);
});

await test("a search without a name, and one that was not saved, say so and keep what was typed", async () => {
  const page = await openAs(daybook, "acme/paul", "/search", {
    expected: [/401/, /ERR_INTERNET_DISCONNECTED/],
  });
  await ready(page);
  await openSaved(page);
  const name = popup(page).getByLabel("Name");
  const button = popup(page).getByRole("button", { name: "Save this search" });
  await button.click();
  await popup(page).getByText("Give it a name.").waitFor();
  assert.equal(await name.getAttribute("aria-invalid"), "true");
  await accessible(page, "a search without a name");
  await name.fill("Not yet");
  await popup(page).getByText("Give it a name.").waitFor({ state: "detached" });
  await page.context().setOffline(true);
  await button.click();
  await popup(page).getByRole("alert").waitFor();
  assert.equal(await name.inputValue(), "Not yet");
  await page.context().setOffline(false);
  await button.click();
  await saved(page, "Not yet").waitFor();
  assert.equal(await name.inputValue(), "");
  await popup(page)
    .getByRole("button", { name: "Delete the saved search Not yet" })
    .click();
  await saved(page, "Not yet").waitFor({ state: "detached" });
  await closed(page);
});

await test("a saved search is replaced by one of the same name, and deleted, with the keyboard alone", async () => {
  const page = await openAs(daybook, "acme/mia", "/search?action=create");
  await ready(page);
  await page.getByRole("button", { name: "Saved searches" }).focus();
  await page.keyboard.press("Enter");
  await popup(page).getByLabel("Name").focus();
  await page.keyboard.type("Deletes of the week");
  await page.keyboard.press("Enter");
  await page.getByRole("status").getByText("The search is saved.").waitFor();
  assert.equal(await saved(page, "Deletes of the week").count(), 1);
  assert.equal(
    await page.evaluate(() => document.activeElement?.tagName),
    "INPUT",
    "the focus stays",
  );
  await page.goto("/search");
  await ready(page);
  await openSaved(page);
  await saved(page, "Deletes of the week").focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/action=create/);
  assert.deepEqual(param(page, "action"), ["create"]);
  await openSaved(page);
  await popup(page)
    .getByRole("button", {
      name: "Delete the saved search Deletes of the week",
    })
    .focus();
  const kept = page.waitForResponse(/preferences$/);
  await page.keyboard.press("Enter");
  assert.equal((await kept).status(), 204);
  await popup(page).getByText("No search has been saved yet.").waitFor();
  await page.reload();
  await ready(page);
  await openSaved(page);
  await popup(page).getByText("No search has been saved yet.").waitFor();
  await closed(page);
});

await test("a shared search is seen by everybody in the tenant and by nobody else; one's own by oneself only", async () => {
  const page = await openAs(daybook, "acme/ada", "/search?action=delete");
  await ready(page);
  await save(page, "Deletions, for all", "Share with everybody in acme");
  await closeSaved(page);
  await save(page, "Only Ada's");
  await closeSaved(page);

  const paul = await openAs(daybook, "acme/paul", "/search");
  await ready(paul);
  await openSaved(paul);
  await popup(paul).getByRole("heading", { name: "Shared in acme" }).waitFor();
  assert.equal(await saved(paul, "Only Ada's").count(), 0);
  assert.equal(
    await popup(paul)
      .getByRole("button", { name: /^Delete/ })
      .count(),
    0,
    "who does not manage the tenant does not delete what it shares",
  );
  await saved(paul, "Deletions, for all").click();
  await paul.waitForURL(/action=delete/);
  await ready(paul);

  const eve = await openAs(daybook, "other/eve", "/search");
  await ready(eve);
  await openSaved(eve);
  await popup(eve).getByText("No search has been saved yet.").waitFor();
  await closed(eve);

  await openSaved(page);
  await popup(page)
    .getByRole("button", { name: "Delete the saved search Deletions, for all" })
    .click();
  await saved(page, "Deletions, for all").waitFor({ state: "detached" });
  await saved(page, "Only Ada's").waitFor();
  await paul.reload();
  await ready(paul);
  await openSaved(paul);
  await popup(paul).getByText("No search has been saved yet.").waitFor();
  await closed(paul);
  await closed(page);
});

await test("sharing a search leaves the tenant's other settings alone and is on the record", async () => {
  const settings = "/v1/tenants/acme/settings";
  await daybook.request(settings, {
    method: "PUT",
    body: JSON.stringify({ default_range: "7d" }),
  });
  const page = await openAs(daybook, "acme/ada", "/search?q=contact");
  await ready(page);
  await save(page, "Contacts", "Share with everybody in acme");
  const { own } = await daybook.get(settings);
  assert.equal(own.default_range, "7d");
  assert.deepEqual(
    own.saved_searches.map(({ name }) => name),
    ["Contacts"],
  );
  const { events } = await daybook.get(
    "/v1/events?q=product:Daybook%20target.type:settings%20actor:acme/ada&limit=1",
  );
  assert.ok(
    events[0].changes.some(({ field }) => field.includes("saved_searches")),
  );
  await closed(page);
});

await test("the queries typed last are offered in the empty box, newest first, in every browser of their user", async () => {
  const page = await openAs(daybook, "acme/mia", "/search");
  await ready(page);
  const box = (on) => on.getByRole("combobox", { name: "Query" });
  const offered = (on) =>
    on.getByRole("listbox", { name: "Completions" }).getByRole("option");
  for (const query of ["contact", "template", "actor:jane.doe", "contact"]) {
    const kept = page.waitForResponse(/preferences$/);
    await box(page).fill(query);
    await box(page).press("Escape");
    await box(page).press("Enter");
    assert.equal((await kept).status(), 204);
  }
  await closed(page);

  const again = await openAs(daybook, "acme/mia", "/search");
  await ready(again);
  await box(again).click();
  await offered(again).first().waitFor();
  const texts = await offered(again).locator("bdi").allInnerTexts();
  assert.deepEqual(texts, ["contact", "actor:jane.doe", "template"]);
  await accessible(again, "recent searches");
  await box(again).press("ArrowDown");
  await box(again).press("ArrowDown");
  await box(again).press("Enter");
  assert.equal(await box(again).inputValue(), "actor:jane.doe");
  await box(again).press("Enter");
  await again.waitForURL(/q=actor%3Ajane\.doe/);
  await closed(again);

  const other = await openAs(daybook, "acme/paul", "/search");
  await ready(other);
  await box(other).click();
  assert.equal(await offered(other).count(), 0);
  await closed(other);
});

await finish();
