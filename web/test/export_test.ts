import assert from "node:assert/strict";
import { test } from "node:test";
import { incompleteName } from "../src/export/download.ts";
import { checkerFor, type Format } from "../src/export/verify.ts";

const verdict = (format: Format, announced: number, ...parts: string[]) => {
  const checker = checkerFor(format);
  for (const part of parts) checker.add(new TextEncoder().encode(part));
  return checker.finish(announced);
};

await test("a CSV is whole when it holds the announced records, however it was cut into parts", () => {
  assert.equal(verdict("csv", 2, "Date,Name\r\n1,a\r\n2,", "b\r\n"), "whole");
  assert.equal(verdict("csv", 1, 'Date,Name\r\n1,"a ""quoted"" ', '\r\nline"\r\n'), "whole");
  assert.equal(verdict("csv", 0, "Date,Name\r\n"), "whole");
});

await test("a CSV that was cut anywhere is incomplete", () => {
  const text = 'Date,Name\r\n1,"a\r\nb"\r\n2,c\r\n';
  for (let length = 0; length < text.length; length++)
    assert.equal(verdict("csv", 2, text.slice(0, length)), "incomplete", JSON.stringify(text.slice(0, length)));
  assert.equal(verdict("csv", 3, text), "incomplete");
});

await test("NDJSON is whole only with its last record", () => {
  const events = '{"seq":1}\n{"seq":2}\n';
  const trailer = (complete: boolean) => `{"daybook_export":{"count":2,"complete":${complete}}}\n`;
  assert.equal(verdict("ndjson", 2, events, trailer(true)), "whole");
  assert.equal(verdict("ndjson", 3, events, trailer(false)), "damaged");
  assert.equal(verdict("ndjson", 3, events, trailer(true)), "incomplete");
  const whole = events + trailer(true);
  for (let length = 0; length < whole.length; length++)
    assert.equal(verdict("ndjson", 2, whole.slice(0, length)), "incomplete", whole.slice(0, length));
});

await test("the end of NDJSON is found behind events of any length", () => {
  const long = `{"text":"${"x".repeat(200_000)}"}\n`;
  assert.equal(
    verdict(
      "ndjson",
      1,
      long.slice(0, 99_999),
      long.slice(99_999),
      '{"daybook_export":{"count":1,',
      '"complete":true}}\n',
    ),
    "whole",
  );
});

await test("a part is never named like the whole", () => {
  assert.equal(incompleteName("audit-log-complete-2026-11-20-0915.csv"), "audit-log-INCOMPLETE-2026-11-20-0915.csv");
  assert.equal(incompleteName("x.csv"), "INCOMPLETE-x.csv");
});
