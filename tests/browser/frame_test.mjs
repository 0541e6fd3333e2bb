/* What is around every page: title, tabs, the tenant that is shown (product.md: each sees the own part). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { event } from "./data.mjs";
import { accessible, closed, finish, startDaybook } from "./lib.mjs";

const daybook = await startDaybook();
await daybook.post([
  event(0),
  event(1, { tenant: "globex" }),
  event(2, { tenant: "globex/retail" }),
  event(3, { tenant: "initech" }),
]);

async function readerOf(tenant) {
  const answer = await daybook.request("/v1/keys", {
    method: "POST",
    body: JSON.stringify({
      name: `reader of ${tenant}`,
      role: "reader",
      tenant,
    }),
  });
  return (await answer.json()).secret;
}

const titled = (page, title) =>
  page.waitForFunction((wanted) => document.title === wanted, title);

await test("the title names the page, follows the tabs, and is read out when the page changes", async () => {
  const page = await daybook.open("/search");
  await titled(page, "All activity · Daybook");
  const logs = page.getByRole("navigation", { name: "Logs" });
  await logs.getByRole("link", { name: "Admin" }).click();
  await titled(page, "Admin log · Daybook");
  await page
    .getByRole("status")
    .getByText("Admin log · Daybook", { exact: true })
    .waitFor();
  await logs.getByRole("link", { name: "Insights" }).click();
  await titled(page, "Insights · Daybook");
  await page.goBack();
  await titled(page, "Admin log · Daybook");
  for (const [path, title] of [
    ["/logins", "Logins"],
    ["/exports", "Exports"],
    ["/account", "My account"],
    ["/admin/keys", "API keys"],
    ["/event?id=acme:1", "Event acme:1"],
  ]) {
    await page.goto(path);
    await titled(page, `${title} · Daybook`);
  }
  await closed(page);
});

await test("the title is in the reader's language", async () => {
  const page = await daybook.open("/search?log=message", { locale: "de-DE" });
  await titled(page, "Protokoll Nachrichten · Daybook");
  await closed(page);
});

await test("whoever comes to another page by what goes with the old one goes on from its content", async () => {
  const page = await daybook.open("/event?id=acme:1");
  const filter = page.getByRole("link", { name: "Investigate" }).first();
  await filter.focus();
  await page.keyboard.press("Enter");
  await titled(page, "All activity · Daybook");
  await page.waitForFunction(() => document.activeElement?.id === "content");
  await closed(page);
});

await test("narrow tabs: the current one is in view, the rest is hinted at and comes with the focus", async () => {
  const page = await daybook.open("/insights", { width: 360, height: 740 });
  const tabs = page.getByRole("navigation", { name: "Logs" });
  const within = (name) =>
    tabs.getByRole("link", { name }).evaluate((tab) => {
      const [one, all] = [tab, tab.parentElement].map((element) =>
        element.getBoundingClientRect(),
      );
      return one.left >= all.left - 1 && one.right <= all.right + 1;
    });
  await titled(page, "Insights · Daybook");
  assert.equal(await within("Insights"), true);
  assert.equal(await within("All activity"), false);
  assert.match(
    await tabs.evaluate((nav) => getComputedStyle(nav).backgroundAttachment),
    /local.*scroll/,
  );
  await tabs.getByRole("link", { name: "All activity" }).focus();
  await page.waitForFunction(
    () => document.activeElement.getBoundingClientRect().left >= 0,
  );
  assert.equal(await within("All activity"), true);
  await accessible(page, "narrow tabs");
  await closed(page);
});

await test("narrow tabs: right to left, the current one is in view too", async () => {
  const page = await daybook.open("/search", { width: 360, height: 740 });
  await page.evaluate(() => (document.documentElement.dir = "rtl"));
  const tabs = page.getByRole("navigation", { name: "Logs" });
  await tabs.getByRole("link", { name: "Insights" }).click();
  await titled(page, "Insights · Daybook");
  const { left, right } = await tabs
    .getByRole("link", { name: "Insights" })
    .evaluate((tab) => tab.getBoundingClientRect().toJSON());
  assert.ok(left >= 0 && right <= 360, `from ${left} to ${right}`);
  await closed(page);
});

await test("whoever may see all tenants chooses among them", async () => {
  const page = await daybook.open("/search");
  await page.getByRole("button", { name: "Tenant: All tenants" }).click();
  await page.getByRole("option", { name: "initech" }).click();
  await page.waitForURL(/tenant=initech/);
  await closed(page);
});

await test("whoever may see one tenant sees its name and has nothing to choose", async () => {
  const page = await daybook.open("/search", {
    key: await readerOf("initech"),
  });
  await page.locator(".tenant-only").getByText("initech").waitFor();
  assert.equal(await page.getByRole("button", { name: /^Tenant/ }).count(), 0);
  assert.equal(await page.getByText("All tenants").count(), 0);
  await accessible(page, "one tenant");
  await closed(page);
});

await test("whoever may see a tenant with others below it chooses within it", async () => {
  const page = await daybook.open("/search", { key: await readerOf("globex") });
  await page.getByRole("button", { name: "Tenant: globex" }).click();
  const list = page.getByRole("listbox");
  await list.getByRole("option", { name: "globex/retail" }).waitFor();
  assert.deepEqual(await list.getByRole("option").allInnerTexts(), [
    "globex",
    "globex/retail",
  ]);
  await page.getByRole("option", { name: "globex/retail" }).click();
  await page.waitForURL(/tenant=globex%2Fretail/);
  await page
    .getByRole("button", { name: "Tenant: globex/retail", exact: true })
    .click();
  await page.getByRole("option", { name: "globex", exact: true }).click();
  await page.waitForURL((url) => !url.search.includes("tenant="));
  await closed(page);
});

await finish();
