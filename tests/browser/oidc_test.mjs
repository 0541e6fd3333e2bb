/* Logging in through an OpenID provider, in the browser (product.md row 10): npm's oidc-provider as tests/oidc/provider.mjs starts it.
   What forged answers and tokens must not achieve is tests/e2e/oidc_test.py's. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { event } from "./data.mjs";
import { accessible, closed, finish, startDaybook } from "./lib.mjs";

const root = new URL("../..", import.meta.url).pathname;
const packages = join(root, "build/oidc");
if (!existsSync(join(packages, "node_modules/oidc-provider"))) {
  console.log("oidc-provider is not installed: make build/oidc/.installed");
  process.exit(77);
}

const folder = mkdtempSync(join(tmpdir(), "daybook-oidc-"));
const file = join(folder, "oidc.json");
const configure = (url, issuer, name) =>
  writeFileSync(
    file,
    JSON.stringify({
      public_url: url,
      providers: [
        {
          id: "corp",
          name,
          issuer,
          client_id: "daybook",
          client_secret: "a client secret",
          scopes: ["profile", "email", "groups"],
          create: true,
          tenant: "acme",
          roles: [
            {
              claim: "groups",
              value: "audit-admins",
              role: "admin",
              tenant: "acme",
            },
          ],
        },
      ],
    }),
  );

/* The provider needs Daybook's address and Daybook the provider's: it gets it afterwards, by SIGHUP. */
configure("http://127.0.0.1:1", "http://127.0.0.1:1", "Before");
const daybook = await startDaybook({
  args: ["--oidc", file],
  env: { DAYBOOK_VERBOSE: "1" }, // tells that the file was read anew
});
const provider = await startProvider(`${daybook.url}/v1/oidc/callback`);
configure(daybook.url, provider.issuer, "Corp");
daybook.reload();
await daybook.output.find(/identity providers were read anew/);
await daybook.post([
  event(1, { activity: "Own Thing" }),
  event(1, { tenant: "globex", activity: "Foreign Thing" }),
]);

async function startProvider(callback) {
  const child = spawn(
    process.execPath,
    [
      join(root, "tests/oidc/provider.mjs"),
      callback,
      join(packages, "package.json"),
    ],
    { stdio: ["pipe", "pipe", "ignore"] },
  );
  const { issuer } = JSON.parse(
    await new Promise((line, lost) => {
      child.stdout.once("data", (chunk) => line(String(chunk)));
      child.once("exit", () => lost(new Error("the provider ended")));
    }),
  );
  return {
    issuer,
    control: (wanted) =>
      fetch(`${issuer}/control`, {
        method: "POST",
        body: JSON.stringify(wanted),
      }),
    /* It ends when its input does. */
    stop: () => child.stdin.end(),
  };
}

const nobody = { key: null, expected: [/401 \(Unauthorized\)/] };
const button = (page) => page.getByRole("link", { name: "Continue with Corp" });
async function openLogIn(path) {
  const page = await daybook.open(path, nobody);
  // The provider's own pages ask for a font of another site.
  await page
    .context()
    .route(/googleapis/, (route) => route.fulfill({ contentType: "text/css" }));
  await button(page).waitFor();
  return page;
}
/* Logs in on the provider's own page, and agrees. */
async function atProvider(page, login) {
  await button(page).click();
  await page.waitForURL((url) => url.href.startsWith(provider.issuer));
  await page.locator("input[name=login]").fill(login);
  await page.locator("input[name=password]").fill("any");
  await page.locator("button[type=submit]").click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.waitForURL((url) => url.href.startsWith(daybook.url));
}
const loggedIn = (page) =>
  page.getByRole("button", { name: "Account of Alice Admin" }).waitFor();
const path = "/search?q=log%3Aadmin+-product%3ADaybook&range=7d";

await test("row 10: through the provider one comes back to where one was, sees the own part of the log, and logs out", async () => {
  const page = await openLogIn(path);
  await accessible(page, "log-in with a provider");
  await atProvider(page, "alice");
  await loggedIn(page);
  assert.equal(page.url(), daybook.url + path);
  await page.getByText("Own Thing").waitFor();
  assert.equal(await page.getByText("Foreign Thing").count(), 0);
  const cookies = await page.context().cookies(daybook.url);
  const kept = cookies.filter(({ name }) => name === "daybook");
  assert.deepEqual(
    kept.map(({ httpOnly, sameSite }) => [httpOnly, sameSite]),
    [[true, "Lax"]],
  );
  await page.getByRole("button", { name: "Account of Alice Admin" }).click();
  await page.getByRole("button", { name: "Log out", exact: true }).click();
  await button(page).waitFor();
  await page.goto(path);
  await button(page).waitFor();
  await closed(page);
});

await test("row 10: the log tells that the log-in was by single sign-on, and its log-out", async () => {
  const page = await daybook.open("/logins?q=actor%3Aalice");
  const row = page.getByRole("row").filter({ hasText: "Alice Admin" });
  await row.getByText("Successful").waitFor();
  assert.match(await row.innerText(), /alice@corp\.example/);
  const { logins } = await daybook.get("/v1/logins?q=actor:alice");
  assert.equal(logins.length, 1);
  assert.equal(logins[0].method, "sso:corp");
  assert.equal(logins[0].state, "ended", "the log-out ended the session");
  await page.goto(`/event?id=${encodeURIComponent(logins[0].id)}`);
  await page.getByText("Single sign-on").first().waitFor();
  await closed(page);
});

const refused = async (page) => {
  const alert = page.getByText("You were not logged in");
  await alert.waitFor();
  await page
    .getByText("The log-in through your organisation failed. Try again")
    .waitFor();
  assert.match(page.url(), /\/login\?error=sso$/);
};

await test("row 10: a refused log-in says so, is on the record, and can be tried again", async () => {
  const page = await openLogIn(path);
  await provider.control({ mode: "stranger" });
  await atProvider(page, "alice");
  await refused(page);
  await accessible(page, "refused log-in");
  await provider.control({ mode: "honest" });
  await button(page).click();
  await loggedIn(page);
  await closed(page);
  const { events } = await daybook.get(
    "/v1/events?q=action:login%20outcome:failure&limit=1",
  );
  assert.equal(events[0].auth.method, "sso:corp");
});

await test("row 10: whoever turns back at the provider is told, and logs in otherwise", async () => {
  const page = await openLogIn("/search");
  await button(page).click();
  await page.getByRole("link", { name: "Cancel" }).click();
  await refused(page);
  await page.getByLabel("Name or e-mail").waitFor();
  await closed(page);
});

provider.stop();
rmSync(folder, { recursive: true });
await finish();
