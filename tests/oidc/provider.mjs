// A real OpenID provider (npm oidc-provider) for tests/e2e/oidc_test.py, with a hand on two of its answers: what its
// token endpoint gives, so that forged and aged ID tokens can be tried, and its key set, so that keys can change.
//
//   node provider.mjs REDIRECT_URI      prints {"issuer","port"}; ends when its input ends
//   POST /control {"mode","claims"}     how the next ID tokens are made
import { createServer } from "node:http";
import { createHmac, generateKeyPairSync } from "node:crypto";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// Installed elsewhere than this file: build/oidc.
const require = createRequire(process.argv[3]);
const load = async (name) => import(pathToFileURL(require.resolve(name)));
const { default: Provider } = await load("oidc-provider");
const jose = await load("jose");

const redirect = process.argv[2];
const make = {
  RS256: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  PS256: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
  EdDSA: () => generateKeyPairSync("ed25519"),
};
let generation = 0;

// One key for each algorithm, as private and public JWK.
async function makeKeys() {
  const keys = {};
  generation += 1;
  for (const [alg, generate] of Object.entries(make)) {
    const pair = generate();
    const named = { kid: `${alg}-${generation}`, alg, use: "sig" };
    keys[alg] = {
      sign: pair.privateKey,
      private: { ...(await jose.exportJWK(pair.privateKey)), ...named },
      public: { ...(await jose.exportJWK(pair.publicKey)), ...named },
    };
  }
  return keys;
}

const first = await makeKeys();
let keys = first;
let served = first; // what the key set shows
let mode = "honest";
let keySetRequests = 0;
const people = {
  alice: { name: "Alice Admin", preferred_username: "alice", email: "alice@corp.example", email_verified: true,
           groups: ["audit-admins", "staff"], department: "eu" },
  bob: { name: "Bob Reader", preferred_username: "bob", email: "bob@corp.example", email_verified: false,
         groups: ["staff"], department: "acme/../globex" },
};

const base64 = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

async function sign(payload, alg = "RS256", key = keys[alg], header = {}) {
  return new jose.SignJWT(payload).setProtectedHeader({ alg, kid: key.private.kid, ...header }).sign(key.sign);
}

// The honest payload, changed and signed as the mode says.
async function forge(token) {
  const payload = jose.decodeJwt(token);
  const now = Math.floor(Date.now() / 1000);
  const [kind, argument] = mode.split(":");
  if (kind === "set") return sign({ ...payload, ...JSON.parse(mode.slice(4)) });
  if (kind === "times") return sign({ ...payload, ...Object.fromEntries(
    Object.entries(JSON.parse(mode.slice(6))).map(([name, offset]) => [name, now + offset])) });
  if (kind === "alg") return sign(payload, argument);
  if (kind === "rotate") return sign(payload, argument);
  if (kind === "none") return `${base64({ alg: "none" })}.${base64(payload)}.`;
  if (kind === "unsigned") return `${base64({ alg: "none" })}.${base64(payload)}.${token.split(".")[2]}`;
  if (kind === "hmac") {
    const pem = await jose.exportSPKI(await jose.importJWK(keys.RS256.public, "RS256"));
    const secrets = { pem, n: keys.RS256.public.n, jwk: JSON.stringify(keys.RS256.public), client: "a client secret" };
    const text = `${base64({ alg: "HS256", kid: keys.RS256.private.kid })}.${base64(payload)}`;
    return `${text}.${createHmac("sha256", secrets[argument]).update(text).digest("base64url")}`;
  }
  if (kind === "stranger") return sign(payload, "RS256", (await makeKeys()).RS256);
  if (kind === "impostor") return sign(payload, "RS256", (await makeKeys()).RS256, { kid: keys.RS256.private.kid });
  if (kind === "confused") return sign(payload, "ES256", keys.ES256, { kid: keys.RS256.private.kid });
  if (kind === "critical") return sign(payload, "RS256", keys.RS256, { crit: ["b64"], b64: true });
  if (kind === "cut") return token.slice(0, -4) + (token.endsWith("AAAA") ? "BBBB" : "AAAA");
  if (kind === "payload") {
    const [head, , signature] = token.split(".");
    return `${head}.${base64({ ...payload, sub: "alice" })}.${signature}`;
  }
  return token;
}

let provider;
const server = createServer(async (request, response) => {
  const path = new URL(request.url, "http://127.0.0.1").pathname;
  if (path === "/control") {
    let text = "";
    for await (const piece of request) text += piece;
    const wanted = JSON.parse(text || "{}");
    if (wanted.mode !== undefined) mode = wanted.mode;
    if (mode.startsWith("rotate")) served = keys = await makeKeys();
    if (mode === "honest") served = keys = first;
    for (const [name, claims] of Object.entries(wanted.claims || {})) people[name] = { ...people[name], ...claims };
    response.end(JSON.stringify({ keySetRequests }));
    return;
  }
  if (path === "/jwks") {
    keySetRequests += 1;
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ keys: Object.values(served).map((key) => key.public) }));
    return;
  }
  if (path === "/token") {
    const end = response.end.bind(response);
    response.end = (body, ...rest) => {
      const answer = response.statusCode === 200 ? JSON.parse(body.toString()) : {};
      if (!answer.id_token) return end(body, ...rest);
      forge(answer.id_token).then((forged) => {
        const text = JSON.stringify({ ...answer, id_token: forged });
        response.setHeader("Content-Length", Buffer.byteLength(text));
        end(text);
      });
      return response;
    };
  }
  provider.callback()(request, response);
});

server.listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  const issuer = `http://127.0.0.1:${port}`;
  provider = new Provider(issuer, {
    clients: [{ client_id: "daybook", client_secret: "a client secret", redirect_uris: [redirect],
                response_types: ["code"], grant_types: ["authorization_code"] }],
    jwks: { keys: Object.values(first).map((key) => key.private) },
    enabledJWA: { idTokenSigningAlgValues: ["RS256", "PS256", "ES256", "EdDSA", "HS256"] },
    pkce: { required: () => true, methods: ["S256"] },
    claims: { openid: ["sub"], profile: ["name", "preferred_username"], email: ["email", "email_verified"],
              groups: ["groups", "department"] },
    scopes: ["openid", "profile", "email", "groups"],
    cookies: { keys: ["a key of the test's"] },
    findAccount: (context, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  });
  console.log(JSON.stringify({ issuer, port }));
});
process.stdin.on("end", () => process.exit(0)).resume();
