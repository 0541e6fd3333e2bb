/* The rows of the log, as product.md numbers what they show. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { event, hostile, hostileEvents, platform } from "./data.mjs";
import { accessible, closed, finish, startDaybook } from "./lib.mjs";

const daybook = await startDaybook({ again: true });
await daybook.post(platform());
await daybook.post(hostileEvents());
const acme = "/search?tenant=acme&tz=Europe%2FBerlin";

const rows = (page) => page.locator("table.events tr.event");
const headings = async (page) =>
  (await page.locator("table.events thead th").allInnerTexts()).slice(1);
const cells = (page, at) => rows(page).nth(at).locator("td").allInnerTexts();
const ready = (page) => rows(page).first().waitFor();

await test("row 3: newest first, with Date, Product, IP, Username/API key name, Activity, Description", async () => {
  const page = await daybook.open(acme);
  await ready(page);
  assert.deepEqual(await headings(page), [
    "Date (Europe/Berlin)",
    "Product",
    "IP",
    "Username/API key name",
    "Activity",
    "Description",
  ]);
  const times = await rows(page)
    .locator("time")
    .evaluateAll((all) => all.map((time) => Date.parse(time.dateTime)));
  assert.equal(times.length, 25);
  assert.deepEqual(
    times,
    [...times].sort((a, b) => b - a),
  );
  assert.match((await cells(page, 0))[5], /Contacts Exported/);
  await accessible(page, "table");
  await closed(page);
});

await test("row 5: refresh brings what happened since", async () => {
  const page = await daybook.open(`${acme}&q=refreshed`);
  await page.getByText("No events match").waitFor();
  await daybook.post([event(0, { activity: "refreshed" })]);
  await page.getByRole("button", { name: "Refresh", exact: true }).click();
  await ready(page);
  assert.equal(await rows(page).count(), 1);
  await closed(page);
});

await test("row 18: rows expand in place, and cards show the same", async () => {
  const page = await daybook.open(acme);
  await ready(page);
  await rows(page).nth(1).locator("td").nth(2).click();
  await page.locator(".event-details .details").waitFor();
  await page.waitForURL(/open=acme%2Feu%3A1/);
  await accessible(page, "expanded row");
  await page.reload();
  await page.locator(".event-details .details").waitFor();
  await page.locator("tr.event.open .toggle").click();
  assert.equal(await page.locator(".event-details").count(), 0);
  await page.getByRole("button", { name: "Cards" }).click();
  const card = page.locator("article").first();
  await card.getByRole("button", { name: /^Details/ }).click();
  await card.locator(".details").waitFor();
  await accessible(page, "cards");
  await closed(page);
});

await test("row 18: a narrow window shows cards by itself, and nothing is wider than it", async () => {
  const page = await daybook.open(acme, { width: 360, height: 740 });
  await page.locator("article").first().waitFor();
  assert.equal(
    await page.evaluate(() => document.documentElement.scrollWidth),
    360,
  );
  await accessible(page, "narrow");
  await closed(page);
});

await test("row 18: an open card says its sentence once", async () => {
  const page = await daybook.open(acme, { width: 360, height: 740 });
  const card = page.locator("article").first();
  const sentence = await card.locator(".card-text").innerText();
  await card.getByRole("button").first().click();
  await card.locator(".details").waitFor();
  const said = (await card.innerText()).split(sentence).length - 1;
  assert.equal(said, 1, sentence);
  await closed(page);
});

await test("row 20: 10 or 25 per page, Previous and Next with more available, earlier pages kept", async () => {
  const page = await daybook.open(
    `${acme}&log=admin&action=delete&action=create&limit=10`,
  );
  await ready(page);
  const first = await rows(page).first().innerText();
  await page.getByText("Page 1 · more available").waitFor();
  assert.ok(await page.getByRole("button", { name: "Previous" }).isDisabled());
  for (const number of [2, 3, 4]) {
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText(`Page ${number}`).waitFor();
  }
  assert.equal(
    await page.getByText("more available").count(),
    0,
    "40 events are four pages",
  );
  assert.ok(await page.getByRole("button", { name: "Next" }).isDisabled());
  let asked = 0;
  page.on(
    "request",
    (request) => (asked += request.url().includes("/v1/events")),
  );
  for (const number of [3, 2, 1]) {
    await page.getByRole("button", { name: "Previous" }).click();
    await page.getByText(`Page ${number}`).waitFor();
  }
  assert.equal(await rows(page).first().innerText(), first);
  assert.equal(asked, 0, "earlier pages are kept");
  await page.getByLabel("Per page").selectOption("25");
  await page.getByText("Page 1 · more available").waitFor();
  await page.waitForFunction(
    () => document.querySelectorAll("tr.event").length === 25,
  );
  await closed(page);
});

await test("row 21: the zone can be UTC, one of the United States, this device's or any other", async () => {
  const page = await daybook.open("/search?tenant=acme");
  await ready(page);
  const pick = async (text, option) => {
    await page.getByRole("button", { name: /^Time zone/ }).click();
    await page.getByRole("searchbox", { name: "Find a time zone" }).fill(text);
    await page.getByRole("option", { name: option }).first().click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
  };
  const zones = [
    ["utc", /^UTC/, "Date (UTC)"],
    ["new york", /New York/, "Date (America/New York)"],
    ["kat", /Kathmandu|Katmandu/, "Date (Asia/Kat"],
    ["berlin", /this device/, "Date (Europe/Berlin)"],
  ];
  for (const [text, option, heading] of zones) {
    await pick(text, option);
    assert.ok(
      (await headings(page))[0].startsWith(heading),
      `${await headings(page)}`,
    );
  }
  await page.getByRole("button", { name: /^Time zone/ }).click();
  await page.getByRole("listbox").getByRole("option").first().waitFor();
  await accessible(page, "zones");
  await closed(page);
});

await test("row 22: columns are shown and hidden; By User, By Domain and IP are hidden in the admin log", async () => {
  const page = await daybook.open(`${acme}&log=admin`);
  await ready(page);
  const usual = await headings(page);
  for (const shown of ["Action", "Object", "Affected user", "Affected domain"])
    assert.ok(usual.includes(shown), shown);
  for (const hidden of ["By user", "By domain", "IP"])
    assert.ok(!usual.includes(hidden), hidden);
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("checkbox", { name: "By user" }).check();
  await accessible(page, "columns");
  await page.getByRole("button", { name: "Select All" }).click();
  assert.ok((await headings(page)).length > 15);
  await page.getByRole("button", { name: "Clear All", exact: true }).click();
  assert.deepEqual(await headings(page), []);
  await page.getByRole("button", { name: "As usual" }).click();
  assert.deepEqual(await headings(page), usual);
  await closed(page);
});

await test("row 24: events, unique users, unique domains and the zone are counted for what is found", async () => {
  const page = await daybook.open(`${acme}&log=admin&action=delete`);
  const { events, actors, domains } = await daybook.get(
    "/v1/stats?q=tenant:acme%20log:admin%20action:delete",
  );
  await page.getByText(`${events} events`, { exact: true }).waitFor();
  const bar = (
    await page.getByRole("group", { name: "Statistics" }).innerText()
  ).replace(/\s+/g, " ");
  assert.match(
    bar,
    new RegExp(
      `${events} events.*${actors} users.*${domains} domains.*Europe/Berlin \\(UTC\\+0[12]:00\\)`,
    ),
  );
  await closed(page);
});

const tint = (page, text) =>
  page
    .locator("tr.event .pill", { hasText: text })
    .first()
    .evaluate((pill) => pill.className.replace("pill ", ""));

await test("row 25: actions and objects have the colours of their meaning, with icon and word", async () => {
  const page = await daybook.open(`${acme}&limit=100`);
  await ready(page);
  const colors = {
    "User Login": "blue",
    "User Logout": "purple",
    "Template Created": "green",
    "Call Queue Updated": "orange",
    "Contact Deleted": "red",
    "Contacts Exported": "purple",
  };
  for (const [text, color] of Object.entries(colors))
    assert.equal(await tint(page, text), color, text);
  const failed = page.locator("tr.event", { hasText: "Login Failed" });
  const tints = await failed
    .locator(".pill")
    .evaluateAll((pills) =>
      pills.map((pill) => pill.className.replace("pill ", "")),
    );
  assert.deepEqual(
    tints,
    ["blue", "red"],
    "only a wrong password is red; newest first",
  );
  assert.equal(await failed.first().locator(".failure").innerText(), "failed");
  assert.equal(
    await page.locator("tr.event .pill svg").count(),
    await rows(page).count(),
  );
  await page.goto(`${acme}&log=admin`);
  await ready(page);
  const tag = page
    .locator("tr.event", { hasText: "Call Queue" })
    .first()
    .locator(".tag");
  assert.equal(await tag.getAttribute("class"), "tag orange");
  await closed(page);
});

await test("row 26: automated actions are by System, and what was not captured shows -", async () => {
  const page = await daybook.open(`${acme}&q=node-3`);
  await ready(page);
  const [, , product, ip, actor] = await cells(page, 0);
  assert.deepEqual([product, ip, actor], ["-", "-", "System"]);
  await closed(page);
});

await test("rows 28, 29, 30: panel, API and message logs have the columns of their own", async () => {
  const logs = {
    panel: [
      "ID",
      "Date (Europe/Berlin)",
      "URL",
      "Method",
      "E-mail",
      "IP",
      "Details",
    ],
    api: ["ID", "Date (Europe/Berlin)", "URL", "Method", "Status", "IP"],
    message: [
      "ID",
      "Date (Europe/Berlin)",
      "Message ID",
      "Campaign",
      "Subscriber phone",
      "Gateway",
      "Error",
    ],
  };
  const shown = {
    panel: [
      "/panel/lists/7",
      "POST",
      "jane@acme.example",
      "203.0.113.4",
      "404 · Mozilla/5.0 Firefox/128.0",
    ],
    api: ["/v2/contacts", "GET", "200", "203.0.113.4"],
    message: ["m-81", "Spring Sale", "+14155550100", "gw-eu-1", "No route"],
  };
  const page = await daybook.open(acme);
  for (const [log, name] of [
    ["panel", "Panel"],
    ["api", "API"],
    ["message", "Messages"],
  ]) {
    await page.getByRole("link", { name, exact: true }).click();
    await page.waitForFunction((first) => {
      // the row of the log before stays until this one's has come
      const rows = document.querySelectorAll("tr.event");
      return rows.length === 1 && rows[0].textContent.includes(first);
    }, shown[log][0]);
    assert.deepEqual(await headings(page), logs[log]);
    assert.deepEqual((await cells(page, 0)).slice(3), shown[log]);
    assert.match((await cells(page, 0))[1], /^\d+$/);
  }
  await closed(page);
});

await test("the chart zooms by a press, by a drag and by keys, and has a table twin", async () => {
  const page = await daybook.open(`${acme}&log=admin&range=24h`);
  const chart = page.getByRole("slider", { name: "Events over time" });
  await chart.waitFor();
  assert.ok((await chart.boundingBox()).height <= 96);
  assert.ok((await page.locator("figure table tbody tr").count()) > 3);
  const box = await chart.boundingBox();
  await page.mouse.move(box.x + box.width * 0.8, box.y + 30);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.99, box.y + 30, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/from=.*to=/);
  await page.goBack();
  await chart.focus();
  for (const key of ["ArrowLeft", "ArrowLeft", "Shift+ArrowLeft", "Enter"])
    await page.keyboard.press(key);
  await page.waitForURL(/from=.*to=/);
  await page.getByRole("button", { name: "Hide the chart" }).click();
  assert.equal(await chart.count(), 0);
  await closed(page);
});

await test("an empty result says which filters to widen, each at one press", async () => {
  const page = await daybook.open(
    `${acme}&range=24h&action=delete&q=nothingatall`,
  );
  await page.getByText("No events match").waitFor();
  await accessible(page, "empty");
  await page.getByRole("button", { name: "Without nothingatall" }).click();
  await ready(page);
  await closed(page);
});

await test("a query that is not understood says where and what to write instead", async () => {
  const page = await daybook.open(`${acme}&q=actr%3Ajane`, {
    expected: [/400/],
  });
  const alert = page.getByRole("alert");
  await alert.waitFor();
  assert.match(
    await alert.innerText(),
    /unknown field "actr" at character 1; did you mean "actor"\?/,
  );
  await accessible(page, "error");
  await closed(page);
});

await test("hostile events are text: markup, directions, formulas, 200-character names", async () => {
  const page = await daybook.open("/search?tenant=hostile&tz=UTC");
  await ready(page);
  const text = await page.locator("table.events").innerText();
  assert.ok(text.includes(hostile.markup));
  assert.ok(text.includes(hostile.formula));
  assert.ok(
    !text.includes("\u202e"),
    "an override of direction is not passed on",
  );
  assert.equal(
    await page.locator("table.events img, table.events script").count(),
    0,
  );
  for (let at = 0; at < 3; at++) {
    await rows(page).nth(at).locator(".toggle").click();
    await page.locator(".event-details .details").waitFor();
    await accessible(page, `hostile event ${at}`);
  }
  assert.ok(
    (await page.evaluate(() => document.documentElement.scrollWidth)) <= 1440,
  );
  await page.setViewportSize({ width: 360, height: 740 });
  await page.locator("article").first().waitFor();
  assert.equal(
    await page.evaluate(() => document.documentElement.scrollWidth),
    360,
  );
  await closed(page);
});

await test("keys alone: to the rows, open, pages, zone, help, and off again", async () => {
  const page = await daybook.open(acme, {
    permissions: ["clipboard-read", "clipboard-write"],
  });
  await ready(page);
  const focused = () => page.evaluate(() => document.activeElement?.className);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  assert.equal(await focused(), "toggle");
  await page.keyboard.press("Enter");
  await page.locator(".event-details .details").waitFor();
  assert.equal(await focused(), "toggle", "the focus stays");
  await page.keyboard.press("]");
  await page.getByText("Page 2").waitFor();
  await page.keyboard.press("[");
  await page.getByText("Page 1").waitFor();
  await page.keyboard.press("u");
  await page.getByRole("columnheader", { name: "Date (UTC)" }).waitFor();
  await page.keyboard.press("u");
  await page
    .getByRole("columnheader", { name: "Date (Europe/Berlin)" })
    .waitFor();
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await dialog.waitFor();
  await accessible(page, "help");
  await dialog.getByRole("checkbox").uncheck();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await page.keyboard.press("/");
  assert.notEqual(
    await page.evaluate(() => document.activeElement?.getAttribute("role")),
    "combobox",
    "switched off",
  );
  await closed(page);
});

await test("right to left, 200 % zoom and reduced motion", async () => {
  const page = await daybook.open(acme, {
    width: 720,
    height: 450,
    reduced: true,
  });
  await ready(page);
  await page.evaluate(() => (document.documentElement.dir = "rtl"));
  assert.ok(
    (await page.evaluate(() => document.documentElement.scrollWidth)) <= 720,
  );
  await rows(page).first().locator(".toggle").click();
  await page.locator(".event-details .details").waitFor();
  const moving = await page.evaluate(
    () =>
      document
        .getAnimations()
        .filter((one) => one.effect.getTiming().duration > 1).length,
  );
  assert.equal(moving, 0);
  await accessible(page, "right to left");
  await closed(page);
});

await finish();
