import assert from "node:assert/strict";
import { test } from "node:test";
import { pointerNames, sortFaults } from "../src/admin/faults.ts";

await test("a fault is brought to the field its pointer names", () => {
  const sorted = sortFaults(
    [
      { pointer: "/login", detail: "is taken" },
      { pointer: "/login", detail: "is too long" },
      { pointer: "/grants/0/logs/2", detail: "no such log" },
      { pointer: "", detail: "something else" },
      { pointer: "/unknown", detail: "not expected" },
    ],
    ["login", "grants/0/logs"],
  );
  assert.deepEqual(sorted.fields, { login: "is taken", "grants/0/logs": "no such log" });
  assert.deepEqual(sorted.others, ["something else", "not expected"]);
});

await test("a field named like a member of every object is not confused with it", () => {
  const sorted = sortFaults([{ pointer: "/constructor", detail: "x" }], ["login"]);
  assert.deepEqual(sorted.fields, {});
  assert.deepEqual(sorted.others, ["x"]);
});

await test("a pointer is read with its escapes", () => {
  assert.deepEqual(pointerNames("/a~1b/c~0d"), ["a/b", "c~d"]);
  assert.deepEqual(pointerNames(""), []);
});
