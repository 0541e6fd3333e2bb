/* The live tail (product.md rows 15 and 27): events as soon as their writer has its answer; it never moves under a reader. */
import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { test } from "node:test";
import {
  accessible,
  best,
  closed,
  finish,
  openPage,
  startDaybook,
} from "./lib.mjs";
import { grant, openAs, person } from "./people.mjs";

const daybook = await startDaybook();
let number = 0;
const event = (tenant = "acme", description = `Event number ${++number}`) => ({
  tenant,
  log: "admin",
  occurred_at: new Date().toISOString(),
  action: "update",
  activity: "Thing Updated",
  actor: { type: "user", name: "jane.doe" },
  description,
});
const many = async (count) => {
  for (let left = count; left > 0; left -= 2000)
    await daybook.post(
      Array.from({ length: Math.min(2000, left) }, () => event()),
    );
};

async function openLive(query = "", options) {
  const page = await daybook.open(`/search${query}`, options);
  await page.getByRole("button", { name: "Live", exact: true }).click();
  await page.locator(".live-state.on").waitFor();
  return page;
}

await many(5);

await test("row 27: an event is shown as soon as it is stored, in the columns of the list", async () => {
  const page = await openLive("?tenant=acme");
  await page.getByText("Event number 5").waitFor();
  await daybook.post([
    event("globex", "of another tenant"),
    event("acme", "<i>as text</i>"),
  ]);
  await page.getByText("<i>as text</i>").waitFor();
  assert.equal(await page.getByText("of another tenant").count(), 0);
  assert.equal(await page.locator(".live-body i").count(), 0);
  for (const name of ["Product", "IP", "Activity", "Description"])
    assert.equal(
      await page.getByRole("columnheader", { name, exact: true }).count(),
      1,
      name,
    );
  await accessible(page, "live");
  await closed(page);
});

await test("row 27: no column's name is cut while there is room", async () => {
  for (const [locale, log] of [
    ["en-US", ""],
    ["de-DE", "admin"],
  ]) {
    const page = await openLive(`?log=${log}`, { locale });
    const cut = await page
      .getByRole("columnheader")
      .evaluateAll((all) =>
        all
          .filter((header) => header.scrollWidth > header.clientWidth)
          .map((header) => header.textContent),
      );
    assert.deepEqual(
      cut.filter((name) => !/^(Details|Einzelheiten)/.test(name)),
      [],
      locale,
    );
    await closed(page);
  }
});

await test("row 27: whoever opens a row reads on undisturbed; new events wait and come when asked for", async () => {
  const page = await openLive("?q=log:admin");
  const first = page
    .locator(".live-item")
    .filter({ hasText: "<i>as text</i>" });
  await first.getByRole("button").focus();
  await page.keyboard.press("Enter");
  await page.locator(".live-details .details").waitFor();
  await page.getByText("Paused").waitFor();
  const top = async () => (await first.boundingBox()).y;
  const where = await top();
  await many(20);
  const more = page.getByRole("button", { name: "20 new events" });
  await more.waitFor();
  assert.equal(await top(), where, "the row has not moved");
  assert.equal(
    await page.evaluate("document.activeElement.className"),
    "toggle",
  );
  await accessible(page, "paused live tail");
  await more.click();
  await page.getByText(`Event number ${number}`, { exact: true }).waitFor();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  assert.equal(
    await page.evaluate("document.activeElement.textContent"),
    "Pause",
    "the focus stays",
  );
  await closed(page);
});

/* The way to the server: it can be broken, and mended. */
async function openWay() {
  const to = new URL(daybook.url);
  const open = new Set();
  const way = createServer((socket) => {
    const onward = connect(Number(to.port), to.hostname);
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ]) {
      open.add(one);
      one.on("error", () => undefined);
      one.on("close", () => other.destroy());
      one.pipe(other);
    }
  });
  const listen = (port) =>
    new Promise((done) => way.listen(port, "127.0.0.1", done));
  await listen(0);
  const { port } = way.address();
  const cut = () => {
    way.close();
    for (const socket of open) socket.destroy();
    open.clear();
  };
  return { url: `http://127.0.0.1:${port}`, cut, mend: () => listen(port) };
}

const breaks = { expected: [/ERR_|Failed to load/] };
async function openLiveBy(way, query, prepare) {
  const page = await openPage(
    { ...daybook, url: way.url },
    `/search${query}`,
    breaks,
  );
  await prepare?.(page);
  await page.getByRole("button", { name: "Live", exact: true }).click();
  await page.getByText(`Event number ${number}`, { exact: true }).waitFor();
  return page;
}
const broken = (page) =>
  page.getByText("The connection broke off. Next attempt in").waitFor();

await test("row 27: a connection that breaks is told, and goes on without loss or doubles", async () => {
  const way = await openWay();
  const page = await openLiveBy(way, "?q=log:admin");
  way.cut();
  await broken(page);
  await accessible(page, "a broken live tail");
  const before = number;
  await many(10);
  await way.mend();
  await page
    .getByText(`Event number ${number}`, { exact: true })
    .waitFor({ timeout: 60_000 });
  for (let n = before; n <= number; n++)
    assert.equal(
      await page.getByText(`Event number ${n}`, { exact: true }).count(),
      1,
      `event ${n}`,
    );
  way.cut();
  await closed(page);
});

await test("row 27: where the server cannot go on at the same place, it is told that events may be missing", async () => {
  const way = await openWay();
  // As if the server had been set up anew meanwhile: the place is of none that it knows.
  const page = await openLiveBy(way, "?q=log:admin", (opened) =>
    opened.route("**/v1/tail?*", (route) => {
      const headers = route.request().headers();
      const from = headers["last-event-id"] ? "of-another-server" : "";
      return route.continue({ headers: { ...headers, "last-event-id": from } });
    }),
  );
  way.cut();
  await broken(page);
  await way.mend();
  await page.getByText("Events may be missing below the next one.").waitFor();
  await accessible(page, "a gap in the live tail");
  await many(1);
  await page.getByText(`Event number ${number}`, { exact: true }).waitFor();
  way.cut();
  await closed(page);
});

await test("row 15: the tail of a session that an administrator ends is over at once, and one logs in again", async () => {
  const { id } = await person(daybook, "tina", [grant("viewer", "acme")]);
  const page = await openAs(daybook, "tina", "/search?q=log:admin");
  await page.getByRole("button", { name: "Live", exact: true }).click();
  await page.locator(".live-state.on").waitFor();
  await page.getByText(`Event number ${number}`, { exact: true }).waitFor();
  await daybook.request(`/v1/users/${id}/sessions`, { method: "DELETE" });
  await page.getByRole("heading", { name: "Log in to Daybook" }).waitFor();
  assert.equal(await page.getByText("Event number").count(), 0);
  await closed(page);
});

await test("row 15: a tail whose reader may see more goes on with it at once, and nothing breaks off", async () => {
  const { id } = await person(daybook, "alan", [grant("viewer", "acme")]);
  const page = await openAs(daybook, "alan", "/search?q=log:admin");
  await page.clock.install();
  await page.reload();
  await page.getByRole("button", { name: "Live", exact: true }).click();
  await page.getByText(`Event number ${number}`, { exact: true }).waitFor();
  await page.clock.fastForward(2000);
  await page.evaluate(() => {
    const look = () => {
      globalThis.broke ||= document.body.innerText.includes("broke off");
    };
    globalThis.broke = false;
    const all = { subtree: true, childList: true, characterData: true };
    new MutationObserver(look).observe(document.body, all);
  });
  const again = page.waitForRequest((asked) =>
    asked.url().includes("/v1/tail"),
  );
  await daybook.request("/v1/grants", {
    method: "POST",
    body: JSON.stringify({ user: id, ...grant("viewer", "globex") }),
  });
  await again;
  await daybook.post([event("globex", "seen from now on")]);
  await page.getByText("seen from now on").waitFor();
  assert.equal(await page.evaluate("broke"), false);
  await closed(page);
});

await test("row 27: 100,000 rows scroll like an empty page", async () => {
  const page = await openLive("?q=log:admin");
  await many(100_000);
  await page.waitForFunction(
    () =>
      Number(
        document
          .querySelector(".live-frame [role=table]")
          .getAttribute("aria-rowcount"),
      ) > 99_000,
    undefined,
    { timeout: 120_000 },
  );
  const p95 = (selector) =>
    page.evaluate(async (frame) => {
      const element = document.querySelector(frame);
      const times = [];
      let last = performance.now();
      for (let i = 0; i < 120; i++) {
        element?.scrollBy(0, 200);
        await new Promise((next) => requestAnimationFrame(next));
        const now = performance.now();
        times.push(now - last);
        last = now;
      }
      times.sort((a, b) => a - b);
      return times[Math.floor(times.length * 0.95)];
    }, selector);
  const empty = await best(3, 0, () => p95("#nothing"));
  const budget = Math.max(25, 2 * empty);
  const live = await best(10, budget, () => p95(".live-frame"));
  console.log(
    `p95 of frames: ${live.toFixed(1)} ms scrolling, ${empty.toFixed(1)} ms idle`,
  );
  assert.ok(
    (await page.locator(".live-item").count()) < 120,
    "few rows are in the page",
  );
  assert.ok(
    live < Math.max(25, 2 * empty),
    `p95 ${live} ms against ${empty} ms of an idle page`,
  );
  await closed(page);
});

await test("row 15: a phone shows the tail, too", async () => {
  const page = await openLive("?q=log:admin", { width: 360, height: 740 });
  await page.locator(".live-item").first().waitFor();
  const wide = await page.evaluate("document.documentElement.scrollWidth");
  assert.ok(wide <= 360, `the page is ${wide} pixels wide`);
  await accessible(page, "narrow live tail");
  await closed(page);
});

await finish();
