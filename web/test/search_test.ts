import assert from "node:assert/strict";
import { test } from "node:test";
import { parseZonedDateTime } from "@internationalized/date";
import { cursorIn, patternValue, quoteValue, termsOf, termText, withoutTerm, withTerm } from "../src/state/query.ts";
import { boundsOf, type Preset, rangeOfDays } from "../src/state/range.ts";
import { filteredBy, questionOf, readSearch, type Search, searchAddress } from "../src/state/search.ts";
import { parseDate } from "@internationalized/date";

const defaults = { range: { preset: "30d" } } as const;
const read = (query: string) => readSearch(new URLSearchParams(query), defaults);
const empty = read("");

await test("a query is split into terms at blanks outside of quotes", () => {
  const terms = termsOf(' actor:"jane \\"d\\" x",bob  -log:api word "open');
  assert.deepEqual(
    terms.map((term) => [term.negated, term.field, term.value]),
    [
      [false, "actor", '"jane \\"d\\" x",bob'],
      [true, "log", "api"],
      [false, "", "word"],
      [false, "", '"open'],
    ],
  );
  assert.equal(withoutTerm("a b:c d", 1), "a d");
  assert.equal(withTerm("a b:c", "b:c"), "a b:c");
  assert.equal(withTerm("a", "b:c"), "a b:c");
});

await test("values are quoted so that they stand for themselves", () => {
  assert.equal(quoteValue("jane.doe"), "jane.doe");
  assert.equal(quoteValue("Call Queue"), '"Call Queue"');
  assert.equal(quoteValue('a"b\\'), '"a\\"b\\\\"');
  for (const value of ["a*b", "a,b", "1..2", "-x", ">5", "a:b", ""]) assert.match(quoteValue(value), /^".*"$/, value);
  assert.equal(patternValue("jane d*"), "jane*d*");
  assert.equal(patternValue("jane d"), '"jane d"');
  assert.equal(termText("object", ["a b", "c"], true), '-object:"a b",c');
});

await test("the cursor is found in names and values", () => {
  assert.deepEqual(cursorIn("act", 3), { kind: "name", typed: "act", start: 0, end: 3 });
  assert.deepEqual(cursorIn("x -act", 6), { kind: "name", typed: "act", start: 3, end: 6 });
  assert.deepEqual(cursorIn("x ", 2), { kind: "name", typed: "", start: 2, end: 2 });
  assert.deepEqual(cursorIn("action:cre", 10), { kind: "value", field: "action", typed: "cre", start: 7, end: 10 });
  assert.deepEqual(cursorIn("action:create,de", 16), {
    kind: "value",
    field: "action",
    typed: "de",
    start: 14,
    end: 16,
  });
  assert.deepEqual(cursorIn('a:"x, y', 7), { kind: "value", field: "a", typed: "x, y", start: 2, end: 7 });
});

await test("a search survives its address", () => {
  const search: Search = {
    log: "admin",
    q: 'status:>=400 "two words"',
    filters: { action: ["create", "delete"], domain: ["a,b & c"], tenant: ["acme/eu"] },
    range: { from: "2026-03-28T23:00:00.000Z", to: "2026-03-29T22:00:00.000Z" },
    size: 100,
    view: "cards",
    columns: ["time", "action"],
    open: "acme/eu:17",
    by: "action",
  };
  assert.deepEqual(read(searchAddress(search, "Europe/Berlin").split("?")[1]!), search);
  assert.equal(searchAddress({}), "/search");
  assert.deepEqual(read("limit=7&view=x&range=nonsense&from=2026-02-01&to=2026-01-01"), empty);
});

await test("filters become terms of the query language: or inside one, and across them", () => {
  const search = {
    ...empty,
    log: "admin",
    q: "queue",
    filters: { action: ["create", "delete"], object: ["Call Queue"], ip: ["10.0.0.0/8", "::1"] },
  };
  assert.equal(
    questionOf(search),
    'queue log:admin action:create,delete target.type:"Call Queue" source.ip:10.0.0.0/8,::1',
  );
  assert.equal(
    questionOf({ ...empty, filters: { user: ["10*"], domain: ["x y"] } }),
    'target.user:10* target.domain:"x y"',
  );
});

await test("filter for goes to its control, filter out to the query", () => {
  assert.deepEqual(filteredBy(empty, "action", "login").filters, { action: ["login"] });
  assert.equal(filteredBy(empty, "action", "login", true).q, "-action:login");
  assert.equal(filteredBy(empty, "params.region", "eu west").q, 'params.region:"eu west"');
});

const bounds = (preset: Preset, now: string, locale = "en-US") => {
  const zoned = parseZonedDateTime(now);
  return boundsOf({ preset }, zoned.timeZone, zoned, locale);
};

await test("presets follow the calendar of the zone, across changes of the clock", () => {
  const now = "2026-03-30T12:00[Europe/Berlin]";
  assert.equal(bounds("today", now).from, "2026-03-29T22:00:00.000Z");
  assert.equal(bounds("7d", now).from, "2026-03-23T11:00:00.000Z", "the same time of day, an hour's change between");
  assert.equal(
    bounds("24h", "2026-03-29T12:00[Europe/Berlin]").from,
    "2026-03-28T10:00:00.000Z",
    "24 hours, not a day",
  );
  assert.equal(bounds("week", now, "de-DE").from, "2026-03-29T22:00:00.000Z", "Monday");
  assert.equal(bounds("week", now, "en-US").from, "2026-03-28T23:00:00.000Z", "Sunday");
  assert.equal(bounds("month", now).from, "2026-02-28T23:00:00.000Z");
  assert.equal(bounds("3mo", "2026-05-31T12:00[UTC]").from, "2026-02-28T12:00:00.000Z");
  assert.equal(bounds("year", now).from, "2025-03-30T10:00:00.000Z");
  assert.deepEqual(bounds("all", now), {});
});

await test("a range of days holds its last day whole, also where it has 23 hours or no midnight", () => {
  const day = parseDate("2026-03-29");
  assert.deepEqual(rangeOfDays(day, day, "Europe/Berlin"), {
    from: "2026-03-28T23:00:00.000Z",
    to: "2026-03-29T22:00:00.000Z",
  });
  assert.deepEqual(rangeOfDays(day, day, "Asia/Beirut"), {
    from: "2026-03-28T22:00:00.000Z",
    to: "2026-03-29T21:00:00.000Z",
  });
});
