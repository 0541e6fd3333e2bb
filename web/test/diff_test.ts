import assert from "node:assert/strict";
import { test } from "node:test";
import { diffChange, equalJson, type ElementsDiff, type TextDiff } from "../src/details/diff.ts";
import { editScript } from "../src/details/sequence.ts";
import { diffWords, shortenRuns } from "../src/details/words.ts";

const elements = (old: unknown, now: unknown): ElementsDiff["elements"] => {
  const diff = diffChange({ field: "f", old: old as never, new: now as never });
  assert.equal(diff.form, "elements");
  return diff.elements;
};
const short = (old: unknown, now: unknown): string[] =>
  elements(old, now).map((e) => `${e.kind} ${e.path}${e.from ? ` from ${e.from}` : ""}`);

await test("an edit script turns the old sequence into the new one, whatever they are", () => {
  let state = 1;
  const random = (below: number): number => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
  for (let round = 0; round < 400; round++) {
    const a = Array.from({ length: random(30) }, () => String(random(4)));
    const b = Array.from({ length: random(30) }, () => String(random(4)));
    const edits = editScript(a, b);
    assert.deepEqual(
      edits.filter((e) => e.kind !== "added").map((e) => a[e.a]),
      a,
      `round ${round}`,
    );
    assert.deepEqual(
      edits.filter((e) => e.kind !== "removed").map((e) => b[e.b]),
      b,
      `round ${round}`,
    );
    for (const e of edits) if (e.kind === "same") assert.equal(a[e.a], b[e.b]);
  }
});

await test("an edit script is the shortest", () => {
  const edits = editScript(Array.from("abcabba"), Array.from("cbabac"));
  assert.equal(edits.filter((e) => e.kind !== "same").length, 5);
});

await test("sequences with nothing in common are told as replaced, without searching for ever", () => {
  const a = Array.from({ length: 6000 }, (_, i) => `a${i}`);
  const b = Array.from({ length: 6000 }, (_, i) => `b${i}`);
  const edits = editScript(a, b);
  assert.equal(edits.length, 12000);
  assert.equal(edits[0]!.kind, "removed");
  assert.equal(edits[11999]!.kind, "added");
});

await test("a scalar is shown as before and after", () => {
  const diff = diffChange({ field: "ring_timeout", old: 20, new: 45 });
  assert.deepEqual(diff, { field: "ring_timeout", unchanged: false, form: "scalar", old: 20, new: 45 });
});

await test("a value that was not captured stays apart from null and from empty text", () => {
  const created = diffChange({ field: "f", new: "" });
  assert.equal(created.form, "scalar");
  assert.equal((created as { old: unknown }).old, undefined);
  const cleared = diffChange({ field: "f", old: "", new: null });
  assert.equal((cleared as { old: unknown }).old, "");
  assert.equal((cleared as { new: unknown }).new, null);
});

await test("a field whose value stayed is marked as unchanged, whatever the order of its members", () => {
  assert.equal(diffChange({ field: "f", old: { a: 1, b: [2] }, new: { b: [2], a: 1 } }).unchanged, true);
  assert.equal(diffChange({ field: "f", old: 1, new: "1" }).unchanged, false);
  assert.equal(equalJson(undefined, null), false);
});

await test("long text is compared by words", () => {
  const old = "Hello {{1}}, your order has been shipped and will arrive on Monday.";
  const now = "Hello {{1}}, your order has been shipped and will arrive on Friday morning.";
  const diff = diffChange({ field: "body", old, new: now }) as TextDiff;
  assert.equal(diff.form, "text");
  assert.deepEqual(diff.words, [
    { kind: "same", text: "Hello {{1}}, your order has been shipped and will arrive on " },
    { kind: "removed", text: "Monday" },
    { kind: "added", text: "Friday morning" },
    { kind: "same", text: "." },
  ]);
  assert.equal(
    diff.words
      .filter((w) => w.kind !== "added")
      .map((w) => w.text)
      .join(""),
    old,
  );
  assert.equal(
    diff.words
      .filter((w) => w.kind !== "removed")
      .map((w) => w.text)
      .join(""),
    now,
  );
});

await test("two replaced words with a blank between them read as one replacement", () => {
  assert.deepEqual(diffWords("one two three", "one 2 3"), [
    { kind: "same", text: "one " },
    { kind: "removed", text: "two three" },
    { kind: "added", text: "2 3" },
  ]);
});

await test("short text and text with no word in common are shown whole", () => {
  assert.equal(diffChange({ field: "f", old: "Spring", new: "Summer" }).form, "scalar");
  assert.equal(diffChange({ field: "f", old: "a".repeat(80), new: "b".repeat(80) }).form, "scalar");
});

await test("kept text far from the changes is cut, and nothing is lost around them", () => {
  const runs = diffWords(
    `${"word ".repeat(200)}old ${"tail ".repeat(200)}`,
    `${"word ".repeat(200)}new ${"tail ".repeat(200)}`,
  );
  const drawn = shortenRuns(runs);
  const cut = drawn.reduce((sum, run) => sum + (run.cut ?? 0), 0);
  const kept = drawn.filter((run) => run.kind === "same").reduce((sum, run) => sum + run.text.length, 0);
  assert.equal(cut + kept, 2001);
  assert.ok(kept <= 120);
});

await test("cutting never splits a character", () => {
  const drawn = shortenRuns([
    { kind: "added", text: "x" },
    { kind: "same", text: "\u{1f600}".repeat(200) },
    { kind: "removed", text: "y" },
  ]);
  for (const run of drawn) assert.ok(!/\p{Surrogate}/u.test(run.text));
});

await test("a list is compared by element", () => {
  assert.deepEqual(short(["mon", "tue", "wed"], ["mon", "wed", "thu"]), [
    "same [1]",
    "removed [2]",
    "same [2]",
    "added [3]",
  ]);
});

await test("an element that only changed its place is told as moved", () => {
  assert.deepEqual(short(["a", "b", "c"], ["c", "a", "b"]), ["moved [1] from [3]", "same [2]", "same [3]"]);
});

await test("equal elements are moved one for one", () => {
  assert.deepEqual(short(["a", "x"], ["x", "a", "a"]).filter((s) => s.startsWith("added")).length, 1);
});

await test("an object in a list is followed by its id and compared by member", () => {
  const old = [
    { id: 1, ext: "100" },
    { id: 2, ext: "200" },
  ];
  const now = [
    { id: 2, ext: "201" },
    { id: 3, ext: "300" },
  ];
  assert.deepEqual(short(old, now), ["removed [1]", "same [1].id", "changed [1].ext", "added [2]"]);
});

await test("objects are compared by member, and deeper ones by path", () => {
  const old = { owner: { name: "a", mail: "m" }, days: [1, 2], gone: true };
  const now = { owner: { name: "b", mail: "m" }, days: [1, 3], "with blank": 1 };
  assert.deepEqual(short(old, now), [
    "changed owner.name",
    "same owner.mail",
    "same days[1]",
    "removed days[2]",
    "added days[2]",
    "removed gone",
    'added ["with blank"]',
  ]);
});

await test("a list that came to be, or went, is shown by element too", () => {
  assert.deepEqual(short(undefined, ["a", "b"]), ["added [1]", "added [2]"]);
  assert.deepEqual(short({ a: 1 }, null), ["removed a"]);
  assert.equal(diffChange({ field: "f", old: [], new: null }).form, "scalar");
});

await test("a list that became an object is shown whole", () => {
  assert.equal(diffChange({ field: "f", old: [1], new: { a: 1 } }).form, "scalar");
});

await test("a member named __proto__ is a member like any other", () => {
  const old = JSON.parse('{"__proto__": {"a": 1}, "toString": 1}') as never;
  const now = JSON.parse('{"__proto__": {"a": 2}}') as never;
  assert.deepEqual(short(old, now), ["changed __proto__.a", "removed toString"]);
});
