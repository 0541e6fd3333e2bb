/* Exports (product.md rows 5, 14, 23): what the filters show, whole or not at all. */
import assert from "node:assert/strict";
import { createServer, request as httpRequest } from "node:http";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { accessible, closed, finish, openPage, startDaybook } from "./lib.mjs";

const daybook = await startDaybook();
const hostile = '=HYPERLINK("http://x"),<script>alert(1)</script>';
const event = (number) => ({
  tenant: "acme",
  log: "admin",
  occurred_at: new Date(Date.now() - number * 1000).toISOString(),
  action: number % 2 ? "update" : "delete",
  activity: number === 0 ? hostile : `Thing ${number}\nsecond line, "quoted"`,
  actor: { type: "user", name: `user-${number % 7}` },
  target: { type: "user", name: "x" },
  params: { region: "eu" },
});
await daybook.post(Array.from({ length: 2000 }, (_, number) => event(number)));

const dialogOf = async (page) => {
  await page.getByRole("button", { name: "Export" }).click();
  const dialog = page.getByRole("dialog");
  await dialog
    .getByRole("button", { name: /^Export [\d,]+ events?$/ })
    .waitFor();
  return dialog;
};

await test("row 5: the dialog states filters, zone, number and columns, and the file holds what the filters show", async () => {
  const page = await daybook.open("/search?action=delete&q=-product:Daybook");
  const dialog = await dialogOf(page);
  for (const text of [
    "Action: Delete",
    "-product:Daybook",
    "Europe/Berlin",
    "1,000",
  ])
    await dialog.getByText(text).first().waitFor();
  await accessible(page, "export dialog");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    dialog.getByRole("button", { name: "Export 1,000 events" }).click(),
  ]);
  assert.match(
    download.suggestedFilename(),
    /^audit-log-complete-\d{4}-\d\d-\d\d-\d{4}\.csv$/,
  );
  const text = await readFile(await download.path(), "utf8");
  assert.match(text, /^Date,Product,IP,/);
  assert.match(text, /params\.region/);
  assert.ok(text.includes(`"'=HYPERLINK`), "a formula is text");
  await dialog.getByText("The file is complete.", { exact: false }).waitFor();
  await closed(page);
});

await test("row 14: NDJSON for the records, with the keyboard alone", async () => {
  const page = await daybook.open("/search?q=-product:Daybook");
  await page.getByRole("button", { name: "Export" }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Export 2,000 events" }).waitFor();
  await dialog.getByRole("radio", { name: /CSV/ }).focus();
  await page.keyboard.press("ArrowDown");
  const go = dialog.getByRole("button", { name: "Export 2,000 events" });
  await go.focus();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.keyboard.press("Enter"),
  ]);
  const lines = (await readFile(await download.path(), "utf8"))
    .trim()
    .split("\n");
  assert.equal(lines.length, 2001);
  assert.deepEqual(JSON.parse(lines[2000]), {
    daybook_export: { count: 2000, complete: true },
  });
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await closed(page);
});

/* Passes everything on, but breaks a download off after so many bytes of its body. */
async function breakingProxy(most_bytes) {
  const server = createServer((request, response) => {
    const onward = httpRequest(
      daybook.url + request.url,
      {
        method: request.method,
        headers: { ...request.headers, "accept-encoding": "identity" },
      },
      (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        if (request.method === "HEAD") {
          response.end();
          return;
        }
        let bytes = 0;
        answer.on("data", (chunk) => {
          bytes += chunk.length;
          response.write(chunk);
          if (request.url.startsWith("/v1/export?") && bytes > most_bytes)
            response.destroy();
        });
        answer.on("end", () => response.end());
        answer.on("error", () => response.destroy());
      },
    );
    onward.on("error", () => response.writableEnded || response.destroy());
    request.pipe(onward);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => server.close(),
  };
}

await test("row 23: an export that breaks off is not saved, and a part is named INCOMPLETE", async () => {
  const proxy = await breakingProxy(100_000);
  const page = await openPage(
    { ...daybook, url: proxy.url },
    "/search?q=-product:Daybook",
    {
      expected: [/INCOMPLETE_CHUNKED|ERR_/],
    },
  );
  let saved = 0;
  page.on("download", () => saved++);
  const dialog = await dialogOf(page);
  await dialog.getByRole("button", { name: "Export 2,000 events" }).click();
  await dialog.getByText("The export broke off. Nothing was saved.").waitFor();
  assert.equal(saved, 0);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    dialog.getByRole("button", { name: /INCOMPLETE/ }).click(),
  ]);
  assert.match(download.suggestedFilename(), /^audit-log-INCOMPLETE-.*\.csv$/);
  await closed(page);
  proxy.stop();
});

await test("row 23: a job's file is listed with its state and downloaded whole", async () => {
  const job = await (
    await daybook.request("/v1/exports", {
      method: "POST",
      body: JSON.stringify({ q: "action:update", format: "csv" }),
    })
  ).json();
  const page = await daybook.open("/exports");
  await page.getByText("Complete", { exact: true }).waitFor();
  await accessible(page, "exports");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: /^Download/ }).click(),
  ]);
  const { bytes } = await daybook.get(`/v1/exports/${job.id}`);
  assert.equal((await readFile(await download.path())).length, bytes);
  await page.getByRole("button", { name: /^Delete/ }).click();
  await page
    .getByRole("alertdialog")
    .getByRole("button", { name: "Delete" })
    .click();
  await page.getByText("No exports").waitFor();
  await closed(page);
});

await finish();
