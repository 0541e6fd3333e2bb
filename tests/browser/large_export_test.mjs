/* A large export (product.md rows 14 and 23): prepared by the server, fetched over a connection that breaks, and whole. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer, request as httpRequest } from "node:http";
import { test } from "node:test";
import { accessible, closed, finish, openPage, startDaybook } from "./lib.mjs";
import { grant, openAs, person } from "./people.mjs";

const events = 100_000;
const daybook = await startDaybook();
const line = (number) =>
  `{"tenant":"acme","log":"admin","occurred_at":"${new Date(Date.now() - number).toISOString()}",` +
  `"action":"update","actor":{"type":"user","name":"u${number % 9}"},"target":{"type":"user","name":"${number}"}}`;
for (let at = 0; at < events; at += 10_000)
  await daybook.request("/v1/events", {
    method: "POST",
    headers: { "Content-Type": "application/x-ndjson" },
    body: Array.from({ length: 10_000 }, (_, n) => line(at + n)).join("\n"),
  });

/* Passes everything on, but each file of an export breaks off after so many bytes; `ranges`: what was asked for. */
async function breakingWay(most_bytes) {
  const ranges = [];
  const server = createServer((request, response) => {
    const file = /^\/v1\/exports\/[^/]+\/file/.test(request.url);
    if (file) ranges.push(request.headers.range ?? "all");
    const onward = httpRequest(
      daybook.url + request.url,
      { method: request.method, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        let bytes = 0;
        answer.on("data", (chunk) => {
          bytes += chunk.length;
          response.write(chunk);
          if (file && bytes > most_bytes)
            response.socket.end(() => response.destroy());
        });
        answer.on("end", () => response.end());
        answer.on("error", () => response.destroy());
      },
    );
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${server.address().port}`;
  return { url, ranges, stop: () => server.close() };
}

const button = (page) => page.getByRole("button", { name: /^Download/ });
const complete = (page) =>
  page.getByText("Complete", { exact: true }).waitFor();

await test("row 23: an export of 100,000 events is prepared by the server, and its download goes on where it broke off", async () => {
  const way = await breakingWay(2_000_000);
  const page = await openPage(
    { ...daybook, url: way.url },
    "/search?q=-product%3ADaybook",
    { expected: [/ERR_/] },
  );
  await page.getByRole("button", { name: "Export", exact: true }).click();
  const dialog = page.getByRole("dialog");
  const prepare = dialog.getByRole("button", {
    name: "Prepare 100,000 events",
  });
  await prepare.waitFor();
  await accessible(page, "a large export");
  await prepare.click();
  await dialog.getByText("The server has begun to prepare the file.").waitFor();
  await dialog.getByRole("button", { name: "Show the exports" }).click();
  await complete(page);
  const { exports } = await daybook.get("/v1/exports");
  assert.equal(exports.length, 1);
  const [job] = exports;
  assert.equal(job.events, events);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    button(page).click(),
  ]);
  assert.equal(download.suggestedFilename(), job.file);
  const got = await readFile(await download.path());
  const kept = await (
    await daybook.request(`/v1/exports/${job.id}/file`)
  ).arrayBuffer();
  assert.equal(got.length, job.bytes);
  assert.ok(got.equals(Buffer.from(kept)), "the file is the server's");
  assert.equal(got.toString().trim().split("\n").length, events + 1);
  assert.ok(way.ranges.length > 2, `${way.ranges.length} pieces`);
  assert.equal(way.ranges[0], "all");
  for (const range of way.ranges.slice(1)) assert.match(range, /^bytes=\d+-$/);
  await closed(page);
  way.stop();
});

await test("row 23: with a session the browser's own download goes on where it broke off, and is whole", async () => {
  await person(daybook, "aude", [grant("auditor", "acme")]);
  const way = await breakingWay(5_000_000);
  const by_way = { ...daybook, url: way.url };
  by_way.open = (path, options) => openPage(by_way, path, options);
  const page = await openAs(by_way, "aude", "/exports");
  await page.getByText("No exports").waitFor();
  await page.evaluate(async () => {
    const { csrf } = await (await fetch("/v1/me")).json();
    await fetch("/v1/exports", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Daybook-CSRF": csrf },
      body: JSON.stringify({ q: "-product:Daybook", format: "ndjson" }),
    });
  });
  await page.reload();
  await complete(page);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: /^Download/ }).click(),
  ]);
  assert.equal(await download.failure(), null);
  const got = await readFile(await download.path(), "utf8");
  assert.equal(got.trim().split("\n").length, events + 1);
  assert.ok(way.ranges.length > 1, `${way.ranges}`);
  await closed(page);
  way.stop();
});

await finish();
