import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { fill, loadTexts, switchLanguage, t } from "../src/text/text.ts";
import type { Message, Texts } from "../src/text/message.ts";
import type { Area } from "../src/text/catalogue.ts";

const areas = readdirSync("src/text/en").map((name) => name.replace(".ts", ""));
const load = async (language: string, area: string) =>
  (
    (await (language === "de" ? import(`../src/text/de/${area}.ts`) : import(`../src/text/en/${area}.ts`))) as {
      default: Texts;
    }
  ).default;
const names = (message: Message) =>
  (typeof message === "string" ? [message] : Object.values(message))
    .map((text) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort())
    .reduce((all, some) => [...new Set([...all, ...some])], []);

await test("every English text has a German one with the same names to fill in, and no other", async () => {
  for (const area of areas) {
    const [en, de] = [await load("en", area), await load("de", area)];
    assert.deepEqual(Object.keys(de), Object.keys(en), area);
    for (const [key, message] of Object.entries(en)) {
      assert.deepEqual(names(de[key]!), names(message), key);
      assert.ok(key.startsWith(`${area}.`), `${key} is named after its area`);
    }
  }
});

await test("a plural is chosen by count and numbers are written as the language writes them", async () => {
  const message = { one: "{count} Ereignis", other: "{count} Ereignisse" };
  await switchLanguage("de");
  assert.equal(fill(message, { count: 1 }), "1 Ereignis");
  assert.equal(fill(message, { count: 1204 }), "1.204 Ereignisse");
  await switchLanguage("en");
  assert.equal(fill("{count} of {most}", { count: 1204, most: "many" }), "1,204 of many");
});

await test("a change of language keeps the areas that were loaded", async () => {
  for (const area of areas) await loadTexts(area as Area);
  await switchLanguage("de");
  assert.equal(t("shell.sign_out"), "Abmelden");
  assert.equal(t("search.title"), "Protokoll");
  await switchLanguage("en");
  assert.equal(t("search.title"), "Audit log");
});
