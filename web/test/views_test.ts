import assert from "node:assert/strict";
import { test } from "node:test";
import { heatOf, spansTerm, tint, weekOrder } from "../src/insights/heat.ts";
import { eventsAddress, failed_logins } from "../src/insights/narrow.ts";
import { Ring } from "../src/live/ring.ts";
import { parser } from "../src/live/sse.ts";
import { readSearch } from "../src/state/search.ts";

await test("server-sent events are read whatever pieces they come in", () => {
  const text =
    'retry: 2000\nid: a\n\n: heartbeat\n\nevent: event\nid: b\ndata: {"x":1}\n\nevent: lost\ndata: one\ndata: two\n\n';
  for (let size = 1; size <= text.length; size++) {
    const messages = parser();
    const found = [];
    for (let at = 0; at < text.length; at += size) found.push(...messages.push(text.slice(at, at + size)));
    assert.deepEqual(found, [
      { event: "event", id: "b", data: '{"x":1}' },
      { event: "lost", id: "b", data: "one\ntwo" },
    ]);
    assert.equal(messages.id, "b");
  }
});

await test("the position goes on only with a message that came whole", () => {
  const messages = parser();
  messages.push("id: a\n\nevent: event\nid: b\ndata: {}");
  assert.equal(messages.id, "a");
  messages.push("\n\n");
  assert.equal(messages.id, "b");
});

await test("a full ring forgets the oldest, and numbers go on", () => {
  const ring = new Ring(3);
  ring.push(["a", "b"]);
  ring.push(["c", "d", "e"]);
  assert.deepEqual([ring.oldest, ring.end], [2, 5]);
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((number) => ring.get(number)),
    [undefined, "c", "d", "e", undefined],
  );
});

await test("hours are those of the zone, also where the clocks change", () => {
  // 2026-10-25 in Berlin: 02:00 comes twice.
  const start = Date.parse("2026-10-24T22:00:00Z");
  const bounds = Array.from({ length: 26 }, (_, hour) => new Date(start + hour * 3_600_000).toISOString());
  const heat = heatOf(bounds, new Array<number>(25).fill(1), "Europe/Berlin");
  assert.equal(heat.cells[6]![2]!.count, 2);
  assert.equal(heat.cells[6]![2]!.spans.length, 2);
  assert.equal(heat.cells[6]![3]!.count, 1);
  assert.equal(heat.total, 25);
  assert.equal(heat.most, 2);
});

await test("the events of a cell are found by a range that does not hold the next hour", () => {
  assert.equal(
    spansTerm([{ from: "2026-11-20T08:00:00Z", to: "2026-11-20T09:00:00Z" }]),
    "occurred_at:2026-11-20T08:00:00Z..2026-11-20T08:59:59.999999Z",
  );
});

await test("tints go from none to five", () => {
  assert.deepEqual([tint(0, 100), tint(1, 100), tint(100, 100), tint(1, 1)], [0, 1, 5, 5]);
  assert.deepEqual(weekOrder("de-DE")[0], 0);
});

await test("a number leads to the page's search, narrowed", () => {
  const search = readSearch(new URLSearchParams("q=vpn&domain=a.example&range=7d"), { range: { preset: "30d" } });
  const address = new URL(eventsAddress(search, "UTC", [...failed_logins, ["source.geo.country", "DE"]]), "http://x");
  const found = readSearch(address.searchParams, { range: { preset: "30d" } });
  assert.equal(found.q, "vpn source.geo.country:DE");
  assert.deepEqual(found.filters, { action: ["login"], outcome: ["failure", "denied"], domain: ["a.example"] });
  assert.deepEqual(found.range, { preset: "7d" });
});
