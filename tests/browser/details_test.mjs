/* The details of an event, as product.md numbers what they show. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { event, hostile, hostileEvents } from "./data.mjs";
import { accessible, closed, finish, startDaybook } from "./lib.mjs";

const greeting =
  "Thank you for calling Acme. Our office hours are Monday to Friday from nine to five. One of our agents will be with you.";

const full = event(30, {
  tenant: "acme/eu",
  occurred_at: "2026-11-20T08:15:30.123456Z",
  product: "Voice",
  category: "Telephony",
  activity: "Call Queue Updated",
  on_behalf_of: { type: "user", name: "john.smith" },
  target: {
    type: "call_queue",
    id: "q12",
    name: "Support EU",
    user: "1041",
    domain: "customer.example",
  },
  changes: [
    { field: "ring_timeout", old: 20, new: 45 },
    {
      field: "greeting",
      old: greeting,
      new: greeting.replace("Friday", "Saturday"),
    },
    {
      field: "agents",
      old: ["anna", "ben", "carla"],
      new: ["carla", "anna", "emil"],
    },
    {
      field: "schedule",
      old: { open: "09:00", close: "17:00" },
      new: { open: "08:00", close: "17:00" },
    },
    { field: "music", new: "classic" },
    { field: "note", old: "", new: null },
    { field: "region", old: "eu", new: "eu" },
  ],
  params: { region: "eu-west-1", retries: 3, empty: "" },
  http: { method: "PUT", url: "/v2/queues/q12", status: 200 },
});

const daybook = await startDaybook({ again: true });
const store = async (...events) =>
  (await (await daybook.post(events)).json()).events.map((kept) => kept.id);
const [id] = await store(full);
const pageOf = (of, options) =>
  daybook.open(`/event?id=${encodeURIComponent(of)}`, options);
const details = (page) => page.locator(".details");
const section = (page, name) =>
  page.locator(".details section", {
    has: page.getByRole("heading", { name, exact: true }),
  });
const fact = (page, part, name) =>
  section(page, part)
    .locator(".event-facts > div", {
      has: page.locator("dt", { hasText: name }),
    })
    .first()
    .locator("dd");
const change = (page, field) =>
  page.locator(".changes tr", {
    has: page.getByRole("rowheader", { name: field, exact: true }),
  });
const clipboard = (page) => page.evaluate(() => navigator.clipboard.readText());
const mayCopy = { permissions: ["clipboard-read", "clipboard-write"] };

await test("row 19: the sentence, the full time in the zone and in UTC, performed-by and affected user and domain, the object", async () => {
  const page = await pageOf(id);
  await details(page).waitFor();
  assert.match(
    await page.locator(".details-summary").innerText(),
    /^Jane Doe .*updated call queue Support EU from 203\.0\.113\.4/,
  );
  const said = async (part, name) => fact(page, part, name).innerText();
  assert.match(
    await said("When", "Happened"),
    /November 20, 2026.*09:15:30\.123456 UTC\+01:00\s+Europe\/Berlin/,
  );
  assert.match(await said("When", "In UTC"), /08:15:30\.123456 UTC$/m);
  assert.match(await said("Performed by", "User"), /^Jane Doe/);
  assert.match(await said("Performed by", "Domain"), /^acme\.example/);
  assert.match(await said("Affected", "Affected user"), /^1041/);
  assert.match(await said("Affected", "Affected domain"), /^customer\.example/);
  assert.match(await said("Affected", "Object"), /^call queue/);
  assert.match(await said("HTTP request", "Status"), /^200/);
  await accessible(page, "event page");
  await closed(page);
});

await test("row 6: old and new value of every change, long text by words, lists and objects by element", async () => {
  const page = await pageOf(id);
  await details(page).waitFor();
  const sides = async (field) => ({
    old: await change(page, field).locator("del").allInnerTexts(),
    new: await change(page, field).locator("ins").allInnerTexts(),
  });
  assert.deepEqual(await sides("ring_timeout"), { old: ["−20"], new: ["+45"] });
  assert.deepEqual(await sides("greeting"), {
    old: ["Friday"],
    new: ["Saturday"],
  });
  assert.deepEqual(await sides("agents"), { old: ["−ben"], new: ["+emil"] });
  assert.match(
    await change(page, "agents").innerText(),
    /anna Moved from \[1\]/,
  );
  assert.deepEqual(await sides("schedule"), {
    old: ["−09:00"],
    new: ["+08:00"],
  });
  assert.deepEqual(await sides("music"), { old: [], new: ["+classic"] });
  assert.deepEqual(await sides("note"), { old: ["−empty"], new: ["+null"] });
  assert.equal(await change(page, "region").count(), 0);
  const all = page.getByRole("button", { name: /^Show all, \d+ unchanged/ });
  await all.click();
  await change(page, "region").waitFor();
  assert.match(await change(page, "schedule").innerText(), /close\s*17:00/);
  await accessible(page, "all changes");
  await closed(page);
});

await test("rows 19 and 23: parameters are tags; a click copies the value, the menu filters for it or out", async () => {
  const page = await pageOf(id, mayCopy);
  const tag = page.getByRole("button", { name: "region eu-west-1 Copy" });
  await tag.click();
  await page.getByRole("status").getByText("Copied").waitFor();
  assert.equal(await clipboard(page), "eu-west-1");
  await page.getByRole("button", { name: "region: more" }).click();
  await page.getByRole("menuitem", { name: "Filter for it" }).waitFor();
  await accessible(page, "menu of a value");
  await page.getByRole("menuitem", { name: "Filter it out" }).click();
  await page.waitForURL(/\/search\?/);
  assert.equal(
    new URL(page.url()).searchParams.get("q"),
    "-params.region:eu-west-1",
  );
  await closed(page);
});

await test("row 19: Copy details is the whole event in plain text, Copy link leads to it", async () => {
  const page = await pageOf(id, mayCopy);
  await page.getByRole("button", { name: "Copy details" }).click();
  await page.getByText("Copied").waitFor();
  const text = await clipboard(page);
  for (const line of [
    "ring_timeout: 20 -> 45",
    "Affected user: 1041",
    "retries: 3",
  ])
    assert.ok(text.split("\n").includes(line), `${line} in\n${text}`);
  await page.getByRole("button", { name: "Copy link" }).click();
  await page.waitForFunction(async () =>
    (await navigator.clipboard.readText()).startsWith("http"),
  );
  await page.goto(await clipboard(page));
  await details(page).waitFor();
  await closed(page);
});

await test("row 19: Investigate user finds all that this user did in the last year, in all logs", async () => {
  const page = await pageOf(id);
  await page.getByRole("link", { name: "Investigate 1041" }).waitFor();
  await page.getByRole("link", { name: "Investigate jane.doe" }).click();
  await page.waitForURL(/\/search\?/);
  const params = new URL(page.url()).searchParams;
  assert.equal(params.get("q"), "actor.name:jane.doe");
  assert.equal(params.get("range"), "year");
  assert.equal(params.get("log"), null);
  await page.getByText("Call Queue Updated").first().waitFor();
  await closed(page);
});

await test("row 2: what an API key did is shown under the key's name", async () => {
  const [by_key] = await store(
    event(20, { actor: { type: "api_key", name: "crm-sync" } }),
  );
  const page = await pageOf(by_key);
  assert.match(
    await fact(page, "Performed by", "User").innerText(),
    /^crm-sync\s+API key/,
  );
  await closed(page);
});

await test("row 8: the actor has name and display name, the target its kind and name", async () => {
  const page = await pageOf(id);
  assert.match(
    await fact(page, "Performed by", "User name").innerText(),
    /^jane\.doe/,
  );
  assert.match(await fact(page, "Affected", "Name").innerText(), /^Support EU/);
  await closed(page);
});

await test("row 7: the category is told, and filters", async () => {
  const page = await pageOf(id);
  await page.getByRole("button", { name: "Category: more" }).click();
  await page.getByRole("menuitem", { name: "Filter for it" }).click();
  await page.waitForURL(/\/search\?/);
  assert.match(decodeURIComponent(page.url()), /category(:|=)Telephony/);
  await closed(page);
});

await test("row 10: a failed log-in tells its method and reason in words, and its session its duration", async () => {
  const [failed, ended] = await store(
    event(15, {
      log: "auth",
      action: "login",
      outcome: "failure",
      reason: "bad_password",
      auth: { method: "password+totp" },
    }),
    event(10, {
      log: "auth",
      action: "logout",
      auth: { session: "s91", duration_s: 3900 },
    }),
  );
  const page = await pageOf(failed);
  assert.match(await fact(page, "What", "Outcome").innerText(), /^Failed/);
  assert.match(
    await fact(page, "What", "Reason").innerText(),
    /^Wrong password/,
  );
  assert.match(
    await fact(page, "Log-in", "Method").innerText(),
    /^Password and authenticator code/,
  );
  await accessible(page, "failed log-in");
  await page.goto(`/event?id=${encodeURIComponent(ended)}`);
  assert.match(
    await fact(page, "Log-in", "Session duration").innerText(),
    /^1h 5m/,
  );
  await closed(page);
});

await test("row 14: who deleted a contact can be shown by a link", async () => {
  const [deleted] = await store(
    event(12, {
      action: "delete",
      activity: "Contact Deleted",
      target: { type: "contact", id: "c77", name: "Erika M." },
    }),
  );
  const page = await pageOf(deleted);
  assert.match(
    await page.locator(".details-summary").innerText(),
    /^Jane Doe .* deleted contact Erika M\./,
  );
  await closed(page);
});

await test("row 26: automated actions are System's; what was not captured is -", async () => {
  const [automatic] = await store(
    event(11, {
      action: "restart",
      actor: { type: "system" },
      source: undefined,
      target: { type: "server", name: "sip-3" },
    }),
  );
  const page = await pageOf(automatic);
  assert.match(await fact(page, "Performed by", "User").innerText(), /^System/);
  assert.equal(await fact(page, "Performed by", "IP address").innerText(), "-");
  assert.equal(await fact(page, "Affected", "Affected user").innerText(), "-");
  assert.equal(
    await page.getByRole("link", { name: /^Investigate/ }).count(),
    0,
  );
  await closed(page);
});

await test("hostile values are text: markup, controls of direction, formulas, 200 characters, huge and empty ones", async () => {
  const huge = "x".repeat(20_000);
  const wild = event(9, {
    ...hostileEvents()[0],
    changes: [
      { field: hostile.markup, old: hostile.bidi, new: huge },
      { field: hostile.long, old: hostile.arabic, new: hostile.formula },
    ],
    params: { [`p${"x".repeat(63)}`]: hostile.markup, empty: "" },
  });
  const [hostile_id] = await store(wild);
  const page = await pageOf(hostile_id, { width: 360, height: 740 });
  await details(page).waitFor();
  assert.equal(await page.locator("img, .details script").count(), 0);
  assert.ok(
    (await change(page, hostile.markup).innerText()).includes("U+202E"),
  );
  const more = page.getByRole("button", {
    name: "Show all 20,000 characters",
  });
  await more.click();
  assert.ok((await change(page, hostile.markup).innerText()).includes(huge));
  await page.getByText("Raw JSON").click();
  const sideways = await page.evaluate(
    () =>
      document.documentElement.scrollWidth -
      document.documentElement.clientWidth,
  );
  assert.equal(sideways, 0, "nothing is wider than a narrow window");
  await accessible(page, "hostile event");
  await closed(page);
});

await test("the page reads from right to left where the text does", async () => {
  const page = await pageOf(id, { width: 900 });
  await details(page).waitFor();
  await page.evaluate(() => (document.documentElement.dir = "rtl"));
  const name = await section(page, "When").locator("dt").first().boundingBox();
  const value = await section(page, "When").locator("dd").first().boundingBox();
  assert.ok(name.x > value.x, "labels stand at the right");
  const sideways = await page.evaluate(
    () =>
      document.documentElement.scrollWidth -
      document.documentElement.clientWidth,
  );
  assert.equal(sideways, 0);
  await closed(page);
});

await test("everything is done with the keyboard, and the focus comes back from a menu", async () => {
  const page = await pageOf(id, mayCopy);
  const menu = page.getByRole("button", { name: "region: more" });
  await menu.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Copy" }).waitFor();
  await page.waitForFunction(
    () => document.activeElement?.getAttribute("role") === "menuitem",
  );
  await page.keyboard.press("Escape");
  await page.waitForFunction(
    () => document.activeElement?.getAttribute("aria-label") === "region: more",
  );
  await page.getByText("Raw JSON").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Copy JSON" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("Copied").waitFor();
  assert.equal(JSON.parse(await clipboard(page)).id, id);
  await closed(page);
});

await test("an event that is not there, or not within what one may see, says what may be the reason", async () => {
  const page = await pageOf("acme/eu:999999", {
    expected: [/404/],
  });
  await page.getByText("There is no such event").waitFor();
  await accessible(page, "missing event");
  await closed(page);
});

await finish();
