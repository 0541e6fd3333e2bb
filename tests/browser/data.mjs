/* Events for browser tests: a small platform whose numbers the tests know. */

const minute_ms = 60_000;
export const ago = (minutes) =>
  new Date(Date.now() - minutes * minute_ms).toISOString();

export const hostile = {
  markup: '<img src=x onerror="alert(1)"><script>alert(2)</script>',
  bidi: "safe\u202Egnp.exe",
  formula: '=HYPERLINK("http://evil.example","x")',
  long: "n".repeat(200),
  arabic: "مدير النظام",
};

export function event(minutes, members) {
  return {
    tenant: "acme",
    log: "admin",
    occurred_at: ago(minutes),
    action: "update",
    actor: {
      type: "user",
      name: "jane.doe",
      display_name: "Jane Doe",
      email: "jane@acme.example",
      domain: "acme.example",
    },
    source: { ip: "203.0.113.4", user_agent: "Mozilla/5.0 Firefox/128.0" },
    ...members,
  };
}

const people = ["jane.doe", "john.smith", "mira.b", "omar.h"];
const products = ["Voice", "Email API", "WhatsApp", "SMS & SOIP"];

/* 60 changes of the admin log, ten minutes apart, newest last: updates, creations and deletions by four people in four products. */
function changes() {
  return Array.from({ length: 60 }, (_, at) =>
    event(10 * (60 - at), {
      action: ["update", "create", "delete"][at % 3],
      activity: ["Call Queue Updated", "Template Created", "Contact Deleted"][
        at % 3
      ],
      product: products[at % 4],
      category: ["Telephony", "Template", "Contact"][at % 3],
      actor: {
        type: "user",
        name: people[at % 4],
        domain: "acme.example",
        email: `${people[at % 4]}@acme.example`,
      },
      target: {
        type: ["call_queue", "template", "contact"][at % 3],
        name: `Thing ${at}`,
        user: String(1000 + (at % 5)),
        domain: ["customer.example", "other.example"][at % 2],
      },
      params: { region: "eu-west-1", request_id: `req-${at}` },
      changes: [{ field: "ring_timeout", old: 20, new: 45 }],
    }),
  );
}

function others() {
  const system = { type: "system", name: "scheduler" };
  return [
    event(5, {
      log: "auth",
      action: "login",
      activity: "User Login",
      auth: { method: "password+totp", session: "s1" },
    }),
    event(4, {
      log: "auth",
      action: "login",
      activity: "Login Failed",
      outcome: "failure",
      reason: "bad_password",
    }),
    event(3, {
      log: "auth",
      action: "login",
      activity: "Login Failed",
      outcome: "failure",
      reason: "unknown_user",
    }),
    event(2, {
      log: "auth",
      action: "logout",
      activity: "User Logout",
      auth: { session: "s1", duration_s: 180 },
    }),
    event(6, {
      log: "panel",
      action: "read",
      http: { method: "POST", url: "/panel/lists/7", status: 404 },
      outcome: "failure",
    }),
    event(7, {
      log: "api",
      action: "read",
      actor: { type: "api_key", name: "crm-sync" },
      http: { method: "GET", url: "/v2/contacts", status: 200 },
    }),
    event(8, {
      log: "message",
      action: "send",
      message: {
        id: "m-81",
        campaign: "Spring Sale",
        phone: "+14155550100",
        gateway: "gw-eu-1",
        error: "No route",
      },
    }),
    event(9, {
      action: "restart",
      actor: system,
      source: undefined,
      target: { type: "server", name: "node-3" },
    }),
    event(1, {
      action: "export",
      activity: "Contacts Exported",
      tenant: "acme/eu",
      target: { type: "contact" },
    }),
  ];
}

/* Events that try to be more than text. */
export function hostileEvents() {
  return [
    event(0.5, {
      tenant: "hostile",
      activity: hostile.markup,
      actor: { type: "user", name: hostile.long, domain: hostile.markup },
      target: {
        type: "contact",
        name: hostile.bidi,
        user: hostile.formula,
        domain: hostile.arabic,
      },
      description: hostile.markup,
    }),
    event(0.6, {
      tenant: "hostile",
      actor: { type: "user", name: hostile.arabic },
      description: hostile.bidi,
      product: "",
    }),
    event(0.7, {
      tenant: "hostile",
      actor: { type: "user", name: hostile.formula },
      activity: "x".repeat(120),
      source: undefined,
    }),
  ];
}

export function platform() {
  return [...changes(), ...others()];
}
