/* The live tail (product.md rows 15 and 27): events as soon as their writer has its answer; it never moves under a reader. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, best, closed, finish, startDaybook } from "./lib.mjs";

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

await test("row 27: a connection that breaks goes on without loss or doubles", async () => {
  const page = await openLive("?q=log:admin", {
    expected: [/ERR_|Failed to load/],
  });
  await page.getByText(`Event number ${number}`, { exact: true }).waitFor();
  await page.context().setOffline(true);
  const before = number;
  await many(10);
  await page.context().setOffline(false);
  await page
    .getByText(`Event number ${number}`, { exact: true })
    .waitFor({ timeout: 60_000 });
  for (let n = before + 1; n <= number; n++)
    assert.equal(
      await page.getByText(`Event number ${n}`, { exact: true }).count(),
      1,
      `event ${n}`,
    );
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
