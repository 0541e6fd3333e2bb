import assert from "node:assert/strict";
import { test } from "node:test";
import type { Grant, Role } from "../src/api/types.ts";
import { rootTenant } from "../src/app/session.tsx";
import { loginColumnsFor, possibleLoginColumns } from "../src/logins/columns.tsx";

const grant = (tenant: string, role: Role = "viewer"): Grant => ({ role, tenant, logs: null, products: null });
const root = (...grants: Grant[]) => rootTenant({ grants });

await test("grants that lie in one tenant have it as their root", () => {
  assert.equal(root(grant("acme")), "acme");
  assert.equal(root(grant("acme/eu/sales"), grant("acme/eu"), grant("acme/eu/it")), "acme/eu");
  assert.equal(root(grant("acme"), grant("globex", "writer")), "acme");
});

await test("grants on several tenants, on all or on none have no root", () => {
  assert.equal(root(grant("acme"), grant("acme-two")), "");
  assert.equal(root(grant("acme/eu"), grant("acme/us")), "");
  assert.equal(root(grant("", "operator"), grant("acme")), "");
  assert.equal(root(), "");
});

await test("log-ins show the columns chosen, in the table's order, and hide address, method and log-out by default", () => {
  assert.deepEqual(loginColumnsFor(["ip", "name", "nonsense"]), ["name", "ip"]);
  assert.deepEqual(loginColumnsFor([]), []);
  const usual = loginColumnsFor(null);
  assert.deepEqual(
    possibleLoginColumns.filter((id) => !usual.includes(id)),
    ["method", "ip", "logout"],
  );
});
