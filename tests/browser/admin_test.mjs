/* The administration, in the browser: users and grants, keys, tenants, embedding, thresholds. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { event, hostile, platform } from "./data.mjs";
import { accessible, closed, finish, startDaybook } from "./lib.mjs";
import * as people from "./people.mjs";

const { grant, password } = people;
const daybook = await startDaybook({ again: true });
await daybook.post(platform());
await daybook.post([event(1, { tenant: "other/eu" })]);

const send = (method, path, body) =>
  daybook.request(path, { method, body: JSON.stringify(body) });
const person = (...account) => people.person(daybook, ...account);
const openAs = (...where) => people.openAs(daybook, ...where);
const dialog = (page) =>
  page.getByRole("dialog").or(page.getByRole("alertdialog"));
const press = (page, name) =>
  dialog(page).getByRole("button", { name, exact: true }).click();
const mayCopy = { permissions: ["clipboard-read", "clipboard-write"] };

const saved = (page) => page.getByRole("status").getByText("Saved").waitFor();

async function choose(page, label, option) {
  await dialog(page).getByRole("button", { name: label }).click();
  await page.getByRole("option", { name: option, exact: true }).click();
}

await test("a user is invited with a grant; the link is shown once and lets them in", async () => {
  const page = await daybook.open("/admin/users", mayCopy);
  await page.getByText("There are no users yet").waitFor();
  await accessible(page, "no users");
  await page.getByRole("button", { name: "Invite a user" }).click();
  await dialog(page).getByLabel("Log-in name").fill("acme/jane");
  await dialog(page).getByLabel("Name", { exact: true }).fill("Jane Doe");
  await choose(page, /Role/, "Auditor");
  await dialog(page).getByRole("combobox", { name: "Tenant" }).fill("ac");
  await page.getByRole("option", { name: /^acme$/ }).click();
  await dialog(page).getByText("Administration", { exact: true }).click();
  await accessible(page, "invitation");
  await press(page, "Invite");
  const link = await dialog(page)
    .getByRole("status", { name: "Link" })
    .innerText();
  assert.match(link, /\/setup#token=/);
  await accessible(page, "link");
  await press(page, "I have kept it");
  await page.getByRole("link", { name: "acme/jane" }).waitFor();
  assert.match(
    await page.locator(".table tbody tr").first().innerText(),
    /Auditor · acme · only admin/,
  );
  await accessible(page, "users");
  await closed(page);

  const invited = await daybook.open(link, { key: null, expected: [/401/] });
  await invited.getByLabel("New password").fill(password);
  await invited.getByRole("button", { name: "Start" }).click();
  await invited.getByRole("button", { name: /^Account of/ }).waitFor();
  await closed(invited);
});

await test("what the server finds wrong is shown at its field, and can be sent again", async () => {
  await person("taken", [grant("viewer", "acme")]);
  const page = await daybook.open("/admin/users", { expected: [/409/, /400/] });
  await page.getByRole("button", { name: "Invite a user" }).click();
  await dialog(page).getByLabel("Log-in name").fill("taken");
  await dialog(page).getByRole("combobox", { name: "Tenant" }).fill("acme");
  await page.keyboard.press("Tab");
  await press(page, "Invite");
  const field = dialog(page).getByLabel("Log-in name");
  await page.waitForFunction(
    (input) => input.getAttribute("aria-invalid") === "true",
    await field.elementHandle(),
  );
  await accessible(page, "fault at its field");
  await field.fill("taken2");
  await press(page, "Invite");
  await dialog(page).getByRole("status", { name: "Link" }).waitFor();
  await closed(page);
});

await test("row 15: an administrator manages the own part of the tenants, and gives no more than they have", async () => {
  await person("acme/admin", [grant("admin", "acme")], "acme");
  await person("acme/mia", [grant("viewer", "acme")], "acme");
  await person("other/eve", [grant("viewer", "other")], "other");
  const page = await openAs("acme/admin", "/admin/users");
  await page.getByRole("link", { name: "acme/mia" }).waitFor();
  assert.equal(await page.getByText("other/eve").count(), 0);
  await page.getByRole("link", { name: "Tenants" }).click();
  await page.getByRole("link", { name: "acme/eu" }).waitFor();
  assert.equal(await page.getByText("other").count(), 0);
  await page.goto("/admin/users");
  await page.getByRole("link", { name: "acme/mia" }).click();
  await page.getByRole("button", { name: "Add a grant" }).click();
  await dialog(page).getByRole("button", { name: /Role/ }).click();
  assert.deepEqual(await page.getByRole("option").allInnerTexts(), [
    "Viewer",
    "Auditor",
    "Administrator",
  ]);
  await page.getByRole("option", { name: "Auditor" }).click();
  await press(page, "Add");
  await page.getByText("Auditor · acme").waitFor();
  await page.getByRole("button", { name: "Remove: Viewer, acme" }).click();
  await press(page, "Remove");
  await page
    .getByRole("button", { name: "Remove: Viewer, acme" })
    .waitFor({ state: "detached" });
  await closed(page);
});

await test("whoever may not manage finds no administration", async () => {
  await person("reader", [grant("viewer", "acme")]);
  const page = await openAs("reader", "/admin/users");
  await page.getByRole("main").getByText("There is no such page").waitFor();
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("link", { name: "My account" }).waitFor();
  assert.equal(
    await page.getByRole("link", { name: "Administration" }).count(),
    0,
  );
  await closed(page);
});

await test("row 14: a user's account is changed, disabled and deleted, each asked about, and the log keeps who did it", async () => {
  const user = await person("leaver", [grant("viewer", "acme")]);
  const page = await daybook.open(`/admin/users/${user.id}`);
  await page.getByLabel("Name", { exact: true }).fill("Lea Ver");
  await page.getByRole("button", { name: "Save" }).click();
  await saved(page);
  await accessible(page, "user");
  await page.getByRole("button", { name: "Disable", exact: true }).click();
  await accessible(page, "question");
  await press(page, "Disable");
  await page.locator("h1 .pill").getByText("Disabled").waitFor();
  await page.getByRole("button", { name: "Reset the password" }).waitFor();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await press(page, "Delete");
  await page.waitForURL(/\/admin\/users$/);
  const { events } = await daybook.get(
    "/v1/events?q=product:Daybook%20target.type:user&limit=50",
  );
  const leaver = events.filter((kept) => kept.target?.name === "leaver");
  assert.ok(
    leaver.some(
      (kept) => kept.action === "delete" && kept.actor.name === "operator",
    ),
  );
  assert.ok(
    leaver.some((kept) =>
      kept.changes?.some((change) => change.new === "Lea Ver"),
    ),
  );
  await closed(page);
});

await test("changes that were not saved are asked about before they are lost", async () => {
  const user = await person("kept", [grant("viewer", "acme")]);
  const page = await daybook.open(`/admin/users/${user.id}`);
  await page.getByLabel("Name", { exact: true }).fill("Half typed");
  let asked = 0;
  const answer = (yes) =>
    page.once("dialog", (question) => {
      asked++;
      assert.match(question.message(), /not saved/);
      void (yes ? question.accept() : question.dismiss());
    });
  answer(false);
  await page.getByRole("link", { name: "API keys" }).click();
  assert.equal(
    await page.getByLabel("Name", { exact: true }).inputValue(),
    "Half typed",
  );
  answer(true);
  await page.getByRole("link", { name: "API keys" }).click();
  await page.getByRole("heading", { name: "API keys" }).waitFor();
  assert.equal(asked, 2);
  await closed(page);
});

await test("rows 2 and 13: a key is made, shown once, works under its name, is rotated and revoked at once", async () => {
  const page = await daybook.open("/admin/keys", mayCopy);
  await page.getByText("There are no keys yet").waitFor();
  await page.getByRole("button", { name: "New API key" }).click();
  await dialog(page).getByLabel("Name", { exact: true }).fill("crm-sync");
  await choose(page, /Role/, "Reader");
  await dialog(page).getByRole("combobox", { name: "Tenant" }).fill("acme");
  await page.keyboard.press("Tab");
  await dialog(page)
    .getByLabel("Only from these addresses")
    .fill("127.0.0.0/8, ::1");
  await accessible(page, "new key");
  await press(page, "Make the key");
  const secret = await dialog(page)
    .getByRole("status", { name: "Key" })
    .innerText();
  assert.match(secret, /^dbk_/);
  await accessible(page, "key shown once");
  await press(page, "Copy");
  await page.getByText("Copied").waitFor();
  assert.equal(
    await page.evaluate(() => navigator.clipboard.readText()),
    secret,
  );
  await press(page, "I have kept it");
  const me = (key) =>
    fetch(`${daybook.url}/v1/me`, {
      headers: { Authorization: `Bearer ${key}` },
    });
  assert.equal((await (await me(secret)).json()).name, "crm-sync");
  await page.getByText(secret.slice(0, 8)).waitFor();
  assert.ok(!(await page.innerText("body")).includes(secret));
  await page.getByRole("button", { name: "Rotate crm-sync" }).click();
  await dialog(page).getByLabel("Overlap in hours").fill("2");
  await press(page, "Rotate");
  const second = await dialog(page)
    .getByRole("status", { name: "Key" })
    .innerText();
  await press(page, "I have kept it");
  await page.getByText("Being replaced").waitFor();
  assert.equal((await me(secret)).status, 200);
  assert.equal((await me(second)).status, 200);
  await accessible(page, "keys");
  for (let left = 2; left > 0; left--) {
    await page.getByRole("button", { name: "Revoke crm-sync" }).first().click();
    await press(page, "Revoke");
    await page.waitForFunction(
      (count) =>
        document.querySelectorAll('[aria-label="Revoke crm-sync"]').length ===
        count,
      left - 1,
    );
  }
  assert.equal((await me(secret)).status, 401);
  assert.equal((await me(second)).status, 401);
  await closed(page);
});

await test("row 12: retention is set per tenant, and shortening it is asked about", async () => {
  const page = await daybook.open("/admin/tenants");
  await page.getByRole("searchbox", { name: "Find by path" }).fill("acme");
  await page.getByRole("link", { name: "acme", exact: true }).click();
  await page.getByText("90 days").waitFor();
  await page
    .getByText("As usual on this server", { exact: true })
    .first()
    .click();
  await page.getByLabel("Days", { exact: true }).fill("365");
  const form = page.locator("form", {
    has: page.getByRole("heading", { name: "Kept for" }),
  });
  await form.getByRole("button", { name: "Save" }).click();
  await page.getByText("365 days").waitFor();
  await page.getByLabel("Days", { exact: true }).fill("30");
  await form.getByRole("button", { name: "Save" }).click();
  await dialog(page)
    .getByText(/older than 30 days/)
    .waitFor();
  await accessible(page, "shortening");
  await press(page, "Cancel");
  assert.equal((await daybook.get("/v1/tenants/acme/retention")).days, 365);
  await form.getByRole("button", { name: "Save" }).click();
  await press(page, "Remove older events");
  await page.getByText("30 days", { exact: true }).first().waitFor();
  assert.deepEqual(await daybook.get("/v1/tenants/acme/retention"), {
    tenant: "acme",
    days: 30,
    own: true,
  });
  await closed(page);
});

await test("a tenant is named, closed and opened again; its settings are its own or those above it", async () => {
  const page = await daybook.open("/admin/tenants");
  await page.getByRole("button", { name: "New tenant" }).click();
  await dialog(page).getByLabel("Path").fill("fresh/eu");
  await dialog(page).getByLabel("Name", { exact: true }).fill(hostile.markup);
  await press(page, "Add");
  await page.getByRole("heading", { name: hostile.markup }).waitFor();
  assert.equal(await page.locator("main img").count(), 0);
  await page.getByRole("button", { name: "Close the tenant" }).click();
  await press(page, "Close the tenant");
  await page.locator("h1 .pill").getByText("Closed").waitFor();
  await page.getByRole("button", { name: "Open again" }).click();
  await press(page, "Open again");
  await page.getByRole("button", { name: "Close the tenant" }).waitFor();
  await page.getByRole("button", { name: /Record searches/ }).click();
  await page.getByRole("option", { name: "Yes" }).click();
  const form = page.locator("form", {
    has: page.getByRole("heading", { name: "Settings" }),
  });
  const kept = page.waitForResponse(
    (answer) =>
      answer.request().method() === "PUT" && answer.url().endsWith("/settings"),
  );
  await form.getByRole("button", { name: "Save" }).click();
  await kept;
  const { own } = await daybook.get("/v1/tenants/fresh%2Feu/settings");
  assert.deepEqual(own, { record_searches: true });
  await accessible(page, "tenant");
  await closed(page);
});

await test("sites that may embed a log are listed, a token is made for one, and whoever looks is shown and ended", async () => {
  const page = await daybook.open("/admin/embedding/acme", mayCopy);
  await page.getByLabel("Add a site").fill("portal.example");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByText("An origin is a scheme and a host").waitFor();
  await page.getByLabel("Add a site").fill("https://Portal.example/");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Save" }).click();
  await saved(page);
  const { own } = await daybook.get("/v1/tenants/acme/settings");
  assert.deepEqual(own.embed_origins, ["https://portal.example"]);
  await page.getByLabel("User shown").fill("portal-user");
  await page.getByRole("button", { name: "Make a token" }).click();
  await page.getByText(/It works once, until/).waitFor();
  const token = await page.locator(".snippet pre").first().innerText();
  await accessible(page, "embedding");
  const exchanged = await send("POST", "/v1/viewer-tokens/exchange", { token });
  assert.equal((await exchanged.json()).user.name, "portal-user");
  await page.reload();
  await page
    .getByRole("button", { name: "End the view of portal-user" })
    .click();
  await press(page, "End");
  await page.getByText("Nobody looks at an embedded log now.").waitFor();
  await closed(page);
});

await test("pages about one tenant list the tenants, and begin with that of the header", async () => {
  const page = await daybook.open("/admin/insights");
  const first = page.getByRole("list", { name: "Tenants" }).getByRole("link");
  await first.filter({ hasText: "fresh" }).first().waitFor();
  await accessible(page, "choice of a tenant");
  const name = await first.first().locator("bdi").first().innerText();
  await first.first().click();
  await page.getByLabel(/^Failed log-ins of one user/).waitFor();
  assert.ok(page.url().endsWith(`/admin/insights/${encodeURIComponent(name)}`));
  await page.goto("/admin/insights?tenant=fresh");
  await page.getByLabel(/^Failed log-ins of one user/).waitFor();
  assert.equal(
    await page.getByRole("combobox", { name: "Tenant" }).inputValue(),
    "fresh",
  );
  await closed(page);
});

await test("the tenant of the header goes with the reader through the administration, and takes the place of the page's own", async () => {
  const page = await daybook.open("/search?tenant=fresh");
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("link", { name: "Administration" }).click();
  await page.waitForURL(/\/admin\?tenant=fresh$/);
  await page.getByRole("link", { name: "Embedding" }).click();
  await page.waitForURL(/\/admin\/embedding\?tenant=fresh$/);
  const field = page.getByRole("combobox", { name: "Tenant" });
  await field.waitFor();
  assert.equal(await field.inputValue(), "fresh");
  await page.goto("/admin/embedding/acme");
  await page.waitForFunction(
    () => document.title === "Embedding: acme · Daybook",
  );
  await page.getByRole("button", { name: /^Tenant: / }).click();
  await page.getByRole("option", { name: "other/eu" }).click();
  await page.waitForURL(/\/admin\/embedding\?tenant=other%2Feu$/);
  await field.waitFor();
  assert.equal(await field.inputValue(), "other/eu");
  await closed(page);
});

await test("an administrator of several tenants chooses among them", async () => {
  await person("both", [grant("admin", "acme/eu"), grant("admin", "other")]);
  const page = await openAs("both", "/admin/insights");
  const list = page.getByRole("list", { name: "Tenants" }).getByRole("link");
  await list.first().waitFor();
  await closed(page);
});

await test("from page to page of one name the focus goes to the content, and the name is read out", async () => {
  const user = await person("focused", [grant("viewer", "acme")]);
  const page = await daybook.open("/admin/users");
  await page.getByRole("link", { name: "focused" }).press("Enter");
  await page.waitForURL(new RegExp(`/admin/users/${user.id}`));
  await page.waitForFunction(() => document.activeElement.id === "content");
  const told = (text) =>
    page.getByRole("status").getByText(text, { exact: true }).waitFor();
  await told("Users · Daybook");
  await page.goto("/admin/tenants");
  await page.getByRole("link", { name: "acme", exact: true }).press("Enter");
  await told("Tenants: acme · Daybook");
  await page.waitForFunction(() => document.activeElement.id === "content");
  await closed(page);
});

await test("row 13: thresholds of insights are set within their bounds", async () => {
  const page = await daybook.open("/admin/insights/acme");
  const field = page.getByLabel("Failed log-ins of one user: guessing");
  await field.fill("1000");
  await page.getByText("A whole number from 2 to 100.").waitFor();
  assert.ok(await page.getByRole("button", { name: "Save" }).isDisabled());
  await field.fill("15");
  await page.getByRole("button", { name: "Save" }).click();
  await saved(page);
  const { own } = await daybook.get("/v1/tenants/acme/settings");
  assert.deepEqual(own.insights, { user_failures: 15 });
  assert.deepEqual(own.embed_origins, ["https://portal.example"]);
  await accessible(page, "thresholds");
  await closed(page);
});

await test("long lists come in pages, and are searched by how names begin", async () => {
  for (let i = 0; i < 30; i++)
    await send("PUT", `/v1/tenants/many%2Ft${String(i).padStart(2, "0")}`, {
      display_name: `Tenant ${i}`,
    });
  const page = await daybook.open("/admin/tenants");
  const find = page.getByRole("searchbox", { name: "Find by path" });
  await find.fill("many");
  await page.getByRole("link", { name: "many/t00" }).waitFor();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText("Page 2").waitFor();
  await page.getByRole("link", { name: "many/t29" }).waitFor();
  await page.getByRole("button", { name: "Previous" }).click();
  await page.getByRole("link", { name: "many/t00" }).waitFor();
  await find.fill("nothing-like-this");
  await page.getByText("Nothing begins like this.").waitFor();
  await page.goto("/admin/insights");
  await page.getByText("There are more: type above to find one.").waitFor();
  await closed(page);
});

await test("every page is usable at 360 pixels, with 200-character names and from right to left", async () => {
  const long = hostile.long.slice(0, 100);
  const user = await person("narrow", [
    grant("viewer", `acme/${long.slice(0, 64)}`),
  ]);
  await send("PUT", `/v1/users/${user.id}`, {
    display_name: `${hostile.arabic} ${long}`,
  });
  for (const path of [
    `users/${user.id}`,
    "users",
    "keys",
    "tenants",
    "tenants/acme",
    "embedding/acme",
    "insights/acme",
  ]) {
    const page = await daybook.open(`/admin/${path}`, {
      width: 360,
      height: 740,
    });
    await page.locator("h1").waitFor();
    await page.waitForLoadState("networkidle");
    for (const dir of ["ltr", "rtl"]) {
      await page.evaluate((to) => (document.documentElement.dir = to), dir);
      const sideways = await page.evaluate(
        () =>
          document.documentElement.scrollWidth -
          document.documentElement.clientWidth,
      );
      assert.equal(sideways, 0, `${path}, ${dir}`);
    }
    await accessible(page, path);
    await closed(page);
  }
});

await test("a key is made with the keyboard alone, and the focus comes back to where it was", async () => {
  const page = await daybook.open("/admin/keys");
  const button = page.getByRole("button", { name: "New API key" });
  await button.focus();
  await page.keyboard.press("Enter");
  await dialog(page).waitFor();
  await dialog(page).getByLabel("Name", { exact: true }).focus();
  await page.keyboard.type("by keyboard");
  await dialog(page).getByRole("combobox", { name: "Tenant" }).focus();
  await page.keyboard.type("acme");
  await page.getByRole("option", { name: /^acme$/ }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await dialog(page).getByRole("button", { name: "Make the key" }).focus();
  await page.keyboard.press("Enter");
  await dialog(page).getByRole("status", { name: "Key" }).waitFor();
  await dialog(page).getByRole("button", { name: "I have kept it" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() =>
    document.activeElement?.textContent?.includes("New API key"),
  );
  await closed(page);
});

await finish();
