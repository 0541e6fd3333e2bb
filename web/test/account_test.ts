import assert from "node:assert/strict";
import { test } from "node:test";
import { onlyDigits, recoveryFile } from "../src/account/codes.ts";
import { returnPath, setupToken } from "../src/account/place.ts";
import { groupSecret, qrPath } from "../src/account/qr.ts";

const origin = "https://audit.example";

await test("after a log-in one returns to where one was, with its filters", () => {
  assert.equal(returnPath("/search?q=actor%3Ajane&tab=admin#x", origin), "/search?q=actor%3Ajane&tab=admin#x");
});

await test("after a log-in nobody is sent to another site", () => {
  for (const wanted of [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    "",
    null,
  ])
    assert.equal(returnPath(wanted, origin), "/", String(wanted));
});

await test("the log-in page is no place to return to", () => {
  assert.equal(returnPath("/login?return=/login", origin), "/");
  assert.equal(returnPath("/setup#token=x", origin), "/");
  assert.equal(returnPath("/logins", origin), "/logins");
});

await test("the token of a link is read from its fragment, which no server sees", () => {
  assert.equal(setupToken("#token=abc-_1"), "abc-_1");
  assert.equal(setupToken("#"), null);
  assert.equal(setupToken(""), null);
});

await test("a QR code has its quiet zone and every dark module once", () => {
  const { size, path } = qrPath(["110", "001", "000"]);
  assert.equal(size, 11);
  assert.equal(path, "M4 4h2v1h-2zM6 5h1v1h-1z");
});

await test("codes are taken however they were grouped", () => {
  assert.equal(onlyDigits(" 123 456 "), "123456");
  assert.equal(groupSecret("ABCDEFGHIJ"), "ABCD EFGH IJ");
  assert.equal(recoveryFile("Daybook", ["a", "b"]), "Daybook\r\n\r\na\r\nb\r\n");
});
