/* A small portal that shows its customers their audit log: Node's own http module, no packages.

     DAYBOOK_URL=http://127.0.0.1:8642 DAYBOOK_KEY=... node examples/portal/portal.mjs

   README.md beside it has the whole way. The key stays here; the page only ever gets viewer tokens. */
import { createServer } from "node:http";

const daybook = new URL(process.env.DAYBOOK_URL ?? "http://127.0.0.1:8642").origin;
const key = process.env.DAYBOOK_KEY;
const tenant = process.env.PORTAL_TENANT ?? "acme";
const [host, port] = (process.env.PORTAL_LISTEN ?? "localhost:8700").split(":");
if (!key) {
  console.error("Set DAYBOOK_KEY to an API key with the role reader, or to the operator key.");
  process.exit(2);
}

/* A real portal takes the user and the tenant from its own session. */
const user = { name: "jane.doe", display_name: "Jane Doe", email: "jane.doe@acme.example" };

async function viewerToken(origin) {
  const answer = await fetch(`${daybook}/v1/viewer-tokens`, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: JSON.stringify({ tenant, role: "auditor", user, origin, minutes: Number(process.env.PORTAL_MINUTES ?? 15) }),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail ?? answer.statusText);
  return body.token;
}

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Example portal</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/portal.css">
  </head>
  <body>
    <header>
      <strong>Example portal</strong>
      <button type="button" id="theme">Dark</button>
      <button type="button" id="deletes">Deletes of this week</button>
      <span id="where"></span>
    </header>
    <main id="audit-log"></main>
    <script src="${daybook}/embed.js"></script>
    <script src="/portal.js"></script>
  </body>
</html>
`;

const script = `
const viewer = Daybook.embed(document.querySelector("#audit-log"), {
  getToken: async () => {
    const answer = await fetch("/audit-token", { method: "POST" });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return text;
  },
  theme: "light",
  title: "Audit log of Acme",
  address: new URLSearchParams(location.hash.slice(1)).get("log") ?? undefined,
  onAddress: (address) => {
    document.querySelector("#where").textContent = address;
    history.replaceState(null, "", "#" + new URLSearchParams({ log: address }));
  },
  onError: (detail) => {
    document.querySelector("#where").textContent = detail;
  },
});

let dark = false;
const theme = document.querySelector("#theme");
theme.addEventListener("click", () => {
  dark = !dark;
  viewer.setTheme(dark ? "dark" : "light");
  theme.textContent = dark ? "Light" : "Dark";
});
document.querySelector("#deletes").addEventListener("click", () => viewer.navigate("/search?action=delete&range=7d"));
`;

const styles = `
html, body { height: 100%; margin: 0; font: 14px/20px system-ui, sans-serif; }
body { display: flex; flex-direction: column; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 12px; padding: 8px 16px; background: #1d2b3a; color: #fff; }
#where { overflow-wrap: anywhere; }
main { flex: 1; min-height: 640px; }
`;

const server = createServer((request, response) => {
  const answer = (status, type, body) => {
    response.writeHead(status, { "Content-Type": `${type}; charset=utf-8`, "Cache-Control": "no-store" });
    response.end(body);
  };
  if (request.method === "GET" && request.url === "/") answer(200, "text/html", page);
  else if (request.method === "GET" && request.url === "/portal.js") answer(200, "text/javascript", script);
  else if (request.method === "GET" && request.url === "/portal.css") answer(200, "text/css", styles);
  else if (request.method === "POST" && request.url === "/audit-token")
    viewerToken(`http://${request.headers.host}`).then(
      (token) => answer(200, "text/plain", token),
      (error) => answer(502, "text/plain", error.message),
    );
  else answer(404, "text/plain", "There is nothing here.");
});

server.listen(Number(port), host, () => {
  console.log(`The portal is at http://${host}:${server.address().port}`);
});
