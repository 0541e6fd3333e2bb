import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogEvent } from "../src/api/types.ts";
import { copyText } from "../src/details/copy.ts";
import { investigateAddress, suspects, term } from "../src/details/investigate.ts";
import { eventSections, type Fact } from "../src/details/sections.ts";
import { loadTexts } from "../src/text/text.ts";

await loadTexts("details");

const event: LogEvent = {
  id: "acme/eu:7",
  seq: 7,
  tenant: "acme/eu",
  log: "admin",
  occurred_at: "2026-11-20T08:15:30.123456Z",
  received_at: "2026-11-20T08:15:31Z",
  action: "update",
  outcome: "success",
  actor: { type: "user", name: "jane.doe", display_name: "Jane Doe", domain: "acme.example" },
  source: { ip: "203.0.113.4", geo: { country: "DE", city: "Berlin" } },
  target: { type: "call_queue", id: "q12", name: "Support EU", user: "1041", domain: "customer.example" },
  changes: [
    { field: "ring_timeout", old: 20, new: 45 },
    { field: "music", new: "classic" },
  ],
  params: { region: "eu-west-1" },
  summary: "Jane Doe updated call queue Support EU",
};

function facts(of: LogEvent): Map<string, Fact> {
  return new Map(eventSections(of, "Europe/Berlin").flatMap((s) => s.facts.map((f) => [`${s.title}/${f.label}`, f])));
}

await test("row 19: performed-by and affected user and domain, object and both times are told", () => {
  const told = facts(event);
  assert.equal(told.get("Performed by/User")?.value, "Jane Doe");
  assert.equal(told.get("Performed by/Domain")?.value, "acme.example");
  assert.equal(told.get("Performed by/IP address")?.note, "Berlin, DE");
  assert.equal(told.get("Affected/Affected user")?.value, "1041");
  assert.equal(told.get("Affected/Affected domain")?.value, "customer.example");
  assert.equal(told.get("Affected/Object")?.value, "call queue");
  assert.match(told.get("When/Happened")!.value, /09:15:30\.123456 UTC\+01:00$/);
  assert.match(told.get("When/In UTC")!.value, /08:15:30\.123456 UTC$/);
});

await test("row 26: automated actions are System's, and what was not captured is empty", () => {
  const told = facts({ ...event, actor: { type: "system" }, source: undefined, target: undefined });
  assert.equal(told.get("Performed by/User")?.value, "System");
  assert.equal(told.get("Performed by/IP address")?.value, "");
  assert.equal(told.get("Affected/Affected user")?.value, "");
});

await test("row 2: an API key is shown by its name and told from a user", () => {
  const user = facts({ ...event, actor: { type: "api_key", name: "importer" } }).get("Performed by/User");
  assert.deepEqual([user?.value, user?.note], ["importer", "API key"]);
});

await test("codes are told in words, and the sender's own words are left as they are", () => {
  const reason = (text: string) => facts({ ...event, outcome: "failure", reason: text }).get("What/Reason")?.value;
  assert.equal(reason("bad_password"), "Wrong password");
  assert.equal(reason("quota_exceeded"), "quota exceeded");
  assert.equal(reason("The carrier said: no_route"), "The carrier said: no_route");
  assert.equal(reason("constructor"), "constructor");
});

await test("row 19: Copy details has everything in plain text", () => {
  const text = copyText(event, "UTC", "https://audit.example/event?id=acme%2Feu%3A7");
  for (const line of [
    "Jane Doe updated call queue Support EU",
    "ring_timeout: 20 -> 45",
    'music: - -> "classic"',
    "IP address: 203.0.113.4 (Berlin, DE)",
    "region: eu-west-1",
    "https://audit.example/event?id=acme%2Feu%3A7",
  ])
    assert.ok(text.split("\n").includes(line), line);
});

await test("row 19: one can investigate who did it and whom it was done to, over the last year in all logs", () => {
  const [actor, affected] = suspects(event);
  assert.equal(actor?.term, "actor.name:jane.doe");
  assert.equal(affected?.term, "user:1041");
  const address = new URL(investigateAddress(actor), "https://audit.example");
  assert.equal(address.searchParams.get("q"), "actor.name:jane.doe");
  assert.equal(address.searchParams.get("log"), null);
  assert.deepEqual(suspects({ ...event, actor: { type: "system" }, target: undefined }), []);
});

await test("a term is quoted where its value is more than a plain word", () => {
  assert.equal(term("ip", "2001:db8::1"), 'ip:"2001:db8::1"');
  assert.equal(term("activity", 'Call "A\\B"', true), '-activity:"Call \\"A\\\\B\\""');
  assert.equal(term("actor.name", "jane*"), 'actor.name:"jane*"');
});
