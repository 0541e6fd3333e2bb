import assert from "node:assert/strict";
import { test } from "node:test";
import { frameSnippet, requestSnippet } from "../src/admin/snippet.ts";
import { originOf } from "../src/admin/settings.ts";
import { readThresholds } from "../src/admin/thresholds.ts";
import { browserOf } from "../src/account/browser.ts";

await test("an origin is taken as browsers send it, and nothing else is one", () => {
  assert.equal(originOf(" https://Portal.Example/ "), "https://portal.example");
  assert.equal(originOf("https://portal.example:8443"), "https://portal.example:8443");
  for (const wrong of [
    "portal.example",
    "https://portal.example/x",
    "https://u@portal.example",
    "javascript:alert(1)",
    "*",
    "",
  ])
    assert.equal(originOf(wrong), null, wrong);
});

await test("thresholds are read as whole numbers within their bounds; an empty field is the usual value", () => {
  const read = readThresholds({ user_failures: " 15 ", window_min: "", travel_km: "1.5", delete_count: "101" });
  assert.deepEqual(read, { values: { user_failures: 15 }, wrong: ["travel_km", "delete_count"] });
});

await test("snippets hold what was typed as text, in the page and in the shell", () => {
  const snippet = requestSnippet("https://audit.example", {
    tenant: "acme",
    role: "viewer",
    user: { name: "O'Neil\"; rm -rf /" },
    origin: "https://portal.example",
    minutes: 15,
  });
  assert.ok(snippet.includes(`O'\\''Neil\\"; rm -rf /`));
  assert.ok(!frameSnippet('https://x"><script>').includes('"><script>'));
});

await test("a session is known again by its browser and system", () => {
  const edge =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0";
  assert.deepEqual(browserOf(edge), { browser: "Edge", system: "Windows" });
  const phone =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 (KHTML, like Gecko) Version/18.0 Safari/604";
  assert.deepEqual(browserOf(phone), { browser: "Safari", system: "iOS" });
  assert.deepEqual(browserOf("curl/8.5"), { browser: "curl", system: "" });
});
