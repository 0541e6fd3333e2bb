/* What the addresses of the administration answer (docs/api.md). */
import type { Grant, Role } from "../api/types.ts";

export type UserState = "active" | "disabled" | "invited";
export type User = {
  id: string;
  login: string;
  email: string;
  display_name: string;
  tenant: string;
  state: UserState;
  created_at: string | null;
  last_login_at: string | null;
  totp: boolean;
  grants: Grant[];
};
export type KeyState = "active" | "expired" | "revoked" | "overlap";
export type Key = {
  id: string;
  name: string;
  prefix: string;
  role: Role;
  tenant: string;
  logs: string[] | null;
  products: string[] | null;
  addresses: string[] | null;
  created_at: string;
  created_by: string;
  expires_at: string | null;
  last_used_at: string | null;
  state: KeyState;
};
export type NewKey = { key: Key; secret: string };
export type Retention = { days: number; own: boolean };
export type Tenant = {
  tenant: string;
  display_name: string;
  closed: boolean;
  last_seq: number | null;
  retention: Retention;
};
export type ViewerSession = {
  id: string;
  tenant: string;
  role: Role;
  user: { name: string; display_name?: string; email?: string };
  origin: string;
  created_at: string;
  created_by: string;
  expires_at: string;
  /* waiting: the token was not used yet. */
  state: "active" | "waiting";
};
export type ViewerToken = { token: string; url: string; expires_at: string };
