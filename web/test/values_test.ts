import assert from "node:assert/strict";
import { test } from "node:test";
import { parameterTags } from "../src/details/tags.ts";
import { cutText, visiblePieces } from "../src/details/visible.ts";

await test("parameters become tags with the value as a filter compares it", () => {
  assert.deepEqual(parameterTags({ region: "eu-west-1", retries: 3, dry_run: false, empty: "" }), [
    { name: "region", value: "eu-west-1", field: "params.region" },
    { name: "retries", value: "3", field: "params.retries" },
    { name: "dry_run", value: "false", field: "params.dry_run" },
    { name: "empty", value: "", field: "params.empty" },
  ]);
  assert.deepEqual(parameterTags(undefined), []);
});

await test("characters that reorder or hide text are named", () => {
  assert.deepEqual(visiblePieces("invoice\u202egpj.exe"), [
    { text: "invoice", hidden: false },
    { text: "U+202E", hidden: true },
    { text: "gpj.exe", hidden: false },
  ]);
  assert.deepEqual(
    visiblePieces("a\u0000b").map((p) => p.text),
    ["a", "U+0000", "b"],
  );
  assert.deepEqual(
    visiblePieces("\ud800").map((p) => p.text),
    ["U+D800"],
  );
});

await test("words, right-to-left letters, joiners, tabs and lines are drawn as they are", () => {
  const text = "مرحبا می‌خواهم\t👩‍💻\nline";
  assert.deepEqual(visiblePieces(text), [{ text, hidden: false }]);
});

await test("cutting keeps characters whole", () => {
  assert.equal(cutText("ab\u{1f600}", 3), "ab");
  assert.equal(cutText("ab\u{1f600}", 4), "ab\u{1f600}");
});
