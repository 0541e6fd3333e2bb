/* Log-in, set-up and the own account, in the browser. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer } from "node:net";
import { test } from "node:test";
import { event, platform } from "./data.mjs";
import { accessible, closed, finish, startDaybook } from "./lib.mjs";
import * as people from "./people.mjs";

const { grant, loggedIn, logIn, password } = people;
const mail = await startMailServer();
const daybook = await startDaybook({
  again: true,
  args: ["--smtp-url", mail.url, "--mail-from", "daybook@platform.example"],
});
await daybook.post(platform());
const nobody = { key: null, expected: [/401 \(Unauthorized\)/] };

const auditor = [grant("auditor", "acme")];
const person = (login, more) =>
  people.person(daybook, login, auditor, "", more);
const openAs = (...where) => people.openAs(daybook, ...where);

/* Takes every mail (RFC 5321, as far as a client that sends one at a time needs it); `next` waits for the text of the next one. */
async function startMailServer() {
  const mails = [];
  const waiting = [];
  const hear = (text) =>
    (waiting.shift() ?? ((kept) => mails.push(kept)))(text);
  const server = createServer((socket) => {
    let letter = null;
    let rest = "";
    const answer = (line) => {
      if (letter !== null && line === ".") {
        hear(letter);
        letter = null;
        socket.write("250 taken\r\n");
      } else if (letter !== null) letter += `${line}\n`;
      else if (line === "DATA") {
        letter = "";
        socket.write("354 go on\r\n");
      } else if (line === "QUIT") socket.end("221 bye\r\n");
      else socket.write("250 fine\r\n");
    };
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      const lines = (rest + bytes.toString("latin1")).split("\r\n");
      rest = lines.pop();
      lines.forEach(answer);
    });
    socket.write("220 test\r\n");
  });
  server.unref();
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `smtp://127.0.0.1:${server.address().port}`,
    next: () =>
      new Promise((found) =>
        mails.length ? found(mails.shift()) : waiting.push(found),
      ),
  };
}

const dialog = (page) =>
  page.getByRole("dialog").or(page.getByRole("alertdialog"));

/* RFC 6238 with SHA-1, 30 seconds and six digits, as authenticator apps do. */
function totp(secret, at_ms = Date.now()) {
  const bits = Array.from(secret, (c) =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0"),
  ).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at_ms / 30_000)));
  const mac = createHmac("sha1", key).update(counter).digest();
  const code = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(code % 1_000_000).padStart(6, "0");
}

await test("the first operator is made by the link that the server prints, once", async () => {
  const [, hash] = await daybook.output.find(/\/setup(#token=\S+)/);
  const page = await daybook.open(`/setup${hash}`, {
    ...nobody,
    expected: [/401/, /404/, /400/],
  });
  await page.getByRole("heading", { name: "Welcome to Daybook" }).waitFor();
  await accessible(page, "set-up");
  await page.getByLabel("Log-in name").fill("rosa");
  await page.getByLabel("New password").fill("short");
  await page.getByRole("button", { name: "Make the account" }).click();
  await page.locator(".field-error:not(:empty), .notice.bad").first().waitFor();
  await page.getByLabel("New password").fill(password);
  await page.getByRole("button", { name: "Make the account" }).click();
  await loggedIn(page);
  await page.waitForURL(/\/search/);
  await page.goto(`/setup${hash}`);
  await page.getByText("This link is not valid any more").waitFor();
  await accessible(page, "used link");
  await closed(page);
});

await test("whoever is not logged in logs in where they came, and is there then", async () => {
  await person("anna");
  const path = "/search?tenant=acme&q=object%3Acontact&range=7d";
  const page = await daybook.open(path, { ...nobody });
  await page.getByRole("heading", { name: "Log in to Daybook" }).waitFor();
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await page.getByText("Fill this in.").first().waitFor();
  await accessible(page, "log-in");
  await logIn(page, "anna", "wrong wrong wrong");
  await page.getByRole("alert").waitFor();
  assert.match(
    await page.getByRole("alert").innerText(),
    /name or the password is wrong/,
  );
  await accessible(page, "failed log-in");
  await logIn(page, "anna");
  await page.getByText("Contact Deleted").first().waitFor();
  assert.ok(page.url().endsWith(path));
  await closed(page);
});

await test("/login returns to the page that is named, and never to another site", async () => {
  const page = await daybook.open("/login?return=%2Faccount", nobody);
  await logIn(page, "anna");
  await page.waitForURL(/\/account$/);
  await page.goto("/login?return=%2F%2Fevil.example%2F");
  await page.waitForURL(/^http:\/\/127\.0\.0\.1:\d+\/(search.*)?$/);
  await closed(page);
});

await test("too many attempts are counted down, and nothing is sent meanwhile", async () => {
  await person("guessed");
  const page = await daybook.open("/login", {
    ...nobody,
    expected: [/401/, /429/],
  });
  let sent = 0;
  page.on("request", (asked) => {
    if (asked.method() === "POST") sent++;
  });
  const waiting = page.getByText(/Try again in \d+ second/);
  for (let i = 0; i < 30 && !(await waiting.isVisible()); i++) {
    const answer = page.waitForResponse(/\/v1\/sessions$/);
    await logIn(page, "guessed", `wrong password ${i}`);
    await answer;
    await page.locator(".notice").first().waitFor();
  }
  await waiting.waitFor();
  const before = sent;
  const button = page.getByRole("button", { name: "Log in", exact: true });
  assert.ok(await button.isDisabled());
  await page.getByLabel("Password", { exact: true }).press("Enter");
  assert.equal(sent, before);
  await accessible(page, "waiting");
  await closed(page);
});

await test("row 10: a second factor is set up with a QR code, asked for at the log-in, and recovery codes let one in", async () => {
  await person("tina");
  const page = await openAs("tina", "/account", {
    permissions: ["clipboard-read", "clipboard-write"],
    expected: [/401/],
  });
  await page
    .getByRole("button", { name: "Set up an authenticator app" })
    .click();
  await dialog(page).getByLabel("Current password").fill(password);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("img", { name: /QR code/ }).waitFor();
  await accessible(page, "QR code");
  const secret = (await dialog(page).locator(".mono").innerText()).replaceAll(
    " ",
    "",
  );
  await page.getByLabel("Code of the app").fill(totp(secret));
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByRole("heading", { name: "Your recovery codes" }).waitFor();
  await accessible(page, "recovery codes");
  const codes = await page.locator(".recovery-codes code").allInnerTexts();
  assert.equal(codes.length, 10);
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download" }).click();
  const stream = await (await download).createReadStream();
  const kept = Buffer.concat(await stream.toArray()).toString();
  for (const code of codes) assert.ok(kept.includes(code));
  await page.getByRole("button", { name: "I have kept them" }).click();
  await page.getByText("10 recovery codes are left.").waitFor();
  await closed(page);

  const again = await daybook.open("/account", {
    ...nobody,
    expected: [/401/],
  });
  await logIn(again, "tina");
  await again.getByLabel("Code", { exact: true }).waitFor();
  await again.waitForFunction(
    () =>
      document.activeElement?.getAttribute("autocomplete") === "one-time-code",
  );
  await accessible(again, "second step");
  await again.getByRole("button", { name: "Use a recovery code" }).click();
  await again.getByLabel("Recovery code").fill(codes[0]);
  await again.getByRole("button", { name: "Confirm" }).click();
  await again.getByText("9 recovery codes are left.").waitFor();
  await again.getByRole("button", { name: "Turn off" }).click();
  await dialog(again).getByLabel("Current password").fill(password);
  await again
    .getByLabel("Code of the app")
    .fill(totp(secret, Date.now() + 30_000));
  await again.getByRole("button", { name: "Turn off" }).last().click();
  await again
    .getByRole("button", { name: "Set up an authenticator app" })
    .waitFor();
  await closed(again);
});

await test("row 10: a code by e-mail is the second factor where the account wants it", async () => {
  await person("emil", { email: "emil@acme.example" });
  const code = async () => /\b\d{8}\b/.exec(await mail.next())[0];
  const page = await openAs("emil", "/account", { expected: [/401/] });
  await page.getByRole("button", { name: "Codes by e-mail" }).click();
  await dialog(page).getByLabel("Current password").fill(password);
  await page.getByRole("button", { name: "Continue" }).click();
  await dialog(page)
    .getByLabel("Code", { exact: true })
    .fill(await code());
  await accessible(page, "code by e-mail");
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByText("A code is sent to your e-mail address").waitFor();
  await closed(page);
  const again = await daybook.open("/account", { ...nobody });
  await logIn(again, "emil");
  await again.getByLabel("Code", { exact: true }).fill(await code());
  await again.getByRole("button", { name: "Confirm" }).click();
  await again.getByRole("heading", { name: "My account" }).waitFor();
  await closed(again);
});

await test("the password is changed where the current one is known, and other sessions end", async () => {
  await person("paul");
  const other = await openAs("paul", "/account", { expected: [/401/] });
  const page = await openAs("paul", "/account", {
    expected: [/401/, /403/, /400/],
  });
  await page.getByLabel("Current password").fill("not the password");
  await page.getByLabel("New password").fill("another long password");
  await page.getByRole("button", { name: "Change the password" }).click();
  await page.locator(".field-error:not(:empty), .notice.bad").first().waitFor();
  await page.getByLabel("Current password").fill(password);
  await page.getByRole("button", { name: "Change the password" }).click();
  await page.getByText("The password was changed.").waitFor();
  await other.reload();
  await other.getByRole("heading", { name: "Log in to Daybook" }).waitFor();
  await closed(other);
  await closed(page);
});

await test("sessions are listed, ended one by one, and all at once", async () => {
  await person("sven");
  const other = await openAs("sven", "/search", { expected: [/401/] });
  const page = await openAs("sven", "/account", { expected: [/401/] });
  const rows = page.locator(".table tbody tr");
  await rows.nth(1).waitFor();
  assert.equal(await rows.count(), 2);
  await accessible(page, "account");
  await page
    .getByRole("button", { name: /^End the session from/ })
    .first()
    .click();
  await page.getByText("The session has ended.").waitFor();
  await other.reload();
  await other.getByRole("heading", { name: "Log in to Daybook" }).waitFor();
  await page.getByRole("button", { name: "Log out everywhere" }).click();
  await page
    .getByRole("alertdialog")
    .getByRole("button", { name: "Log out everywhere" })
    .click();
  await page.getByRole("heading", { name: "Log in to Daybook" }).waitFor();
  await closed(other);
  await closed(page);
});

await test("preferences follow the account into every browser", async () => {
  await person("petra");
  const page = await openAs("petra", "/account", { expected: [/401/] });
  const kept = page.waitForResponse(/preferences/);
  await page.getByRole("group", { name: "Theme" }).getByText("Dark").click();
  assert.equal((await kept).status(), 204);
  await closed(page);
  const again = await openAs("petra", "/account", { expected: [/401/] });
  await again.waitForFunction(
    () => document.documentElement.dataset.theme === "dark",
  );
  const german = again.waitForResponse(/preferences/);
  await again
    .getByRole("group", { name: "Language" })
    .getByText("Deutsch")
    .click();
  await german;
  await again.getByRole("heading", { name: "Mein Konto" }).waitFor();
  await closed(again);
});

await test("with a key one has no account, and still chooses how the page looks", async () => {
  const page = await daybook.open("/account");
  await page.getByText("You are logged in with a key.").waitFor();
  assert.equal(
    await page.getByRole("button", { name: "Change the password" }).count(),
    0,
  );
  await closed(page);
});

await test("a key is taken for this tab, and a wrong one is refused", async () => {
  const page = await daybook.open("/search", nobody);
  await page.getByRole("button", { name: "Log in with a key" }).click();
  await page.getByLabel("Key").fill("dbk_wrong_wrong_wrong");
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await page.getByText("No such key is valid.").waitFor();
  await accessible(page, "wrong key");
  await page.getByLabel("Key").fill(daybook.key);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await loggedIn(page);
  await closed(page);
});

await test("one logs in and out with the keyboard alone, at 360 pixels, with names of 200 characters and from right to left", async () => {
  const long = "n".repeat(100);
  await person("kurt", { display_name: `مدير ${long}` });
  const page = await daybook.open("/account", {
    ...nobody,
    width: 360,
    height: 740,
  });
  await page.getByLabel("Name or e-mail").focus();
  await page.keyboard.type("kurt");
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "My account" }).waitFor();
  for (const dir of ["ltr", "rtl"]) {
    await page.evaluate((to) => (document.documentElement.dir = to), dir);
    const sideways = await page.evaluate(
      () =>
        document.documentElement.scrollWidth -
        document.documentElement.clientWidth,
    );
    assert.equal(sideways, 0, dir);
  }
  await accessible(page, "narrow account");
  await page.getByRole("button", { name: /^Account of/ }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Log out", exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Log in to Daybook" }).waitFor();
  await closed(page);
});

await test("row 15: after the log-in one sees the own part of the log and nothing else", async () => {
  await daybook.post([
    event(1, { tenant: "foreign", activity: "Foreign Thing" }),
  ]);
  const page = await openAs("anna", "/search?range=7d", { expected: [/401/] });
  await page.getByText("Call Queue Updated").first().waitFor();
  assert.equal(await page.getByText("Foreign Thing").count(), 0);
  await page.goto("/event?id=foreign%3A1");
  page.faults.length = 0;
  await page.getByText("There is no such event").waitFor();
  await page.context().close();
});

await finish();
