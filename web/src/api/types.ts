/* What the HTTP API answers (docs/api.md), as far as the viewer reads it. */

export type Actor = {
  type?: string;
  id?: string;
  name?: string;
  display_name?: string;
  email?: string;
  domain?: string;
};
export type Target = { type?: string; id?: string; name?: string; user?: string; domain?: string };
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
export type Change = { field: string; old?: Json; new?: Json };

export type LogEvent = {
  id: string;
  seq: number;
  key?: string;
  tenant: string;
  log: string;
  occurred_at: string;
  received_at: string;
  product?: string;
  category?: string;
  action: string;
  activity?: string;
  outcome?: string;
  reason?: string;
  actor: Actor;
  on_behalf_of?: Actor;
  source?: {
    ip?: string;
    peer_ip?: string;
    user_agent?: string;
    geo?: { country?: string; region?: string; city?: string };
  };
  target?: Target;
  targets?: Target[];
  description?: string;
  changes?: Change[];
  params?: Record<string, string | number | boolean>;
  http?: { method?: string; url?: string; status?: number };
  auth?: { method?: string; session?: string; duration_s?: number };
  message?: { id?: string; campaign?: string; phone?: string; gateway?: string; error?: string };
  summary: string;
};

/* Places that could not be read: answers are then known to be incomplete. */
export type Damaged = { damages?: number; warnings?: unknown[] };
export type EventPage = Damaged & { events: LogEvent[]; next: string | null };
export type Stats = Damaged & { events: number; actors: number; domains: number };
export type Histogram = Damaged & {
  interval: string;
  tz: string;
  by?: string;
  bounds: string[];
  series: { value?: string | null; other?: boolean; counts: number[] }[];
};
export type CountedValue = { value: string; count: number };
export type Values = Damaged & { field: string; distinct: number; values: CountedValue[] };

export type CatalogEntry = { value: string; label: string; count: number; color?: string; category?: string };

export type Right = "read" | "export" | "write" | "manage" | "operate";
export type Role = "operator" | "admin" | "auditor" | "viewer" | "writer" | "reader";
export type Grant = { id?: string; role: Role; tenant: string; logs: string[] | null; products: string[] | null };
export type Tenants = { tenants: { tenant: string; display_name?: string | null }[] };
export type SavedSearch = { name: string; url: string };
export type TenantSettings = {
  default_range?: string;
  record_searches?: boolean;
  embed_origins?: string[];
  saved_searches?: SavedSearch[];
  insights?: Record<string, number>;
};
export type Preferences = {
  theme?: "system" | "light" | "dark";
  language?: "en" | "de";
  zone?: string;
  saved_searches?: SavedSearch[];
  recent_searches?: string[];
};

export type Me = {
  kind: "operator_key" | "key" | "user" | "viewer";
  id: string;
  name: string;
  display_name?: string;
  email?: string;
  rights: Right[];
  grants: Grant[];
  csrf?: string;
  has_password?: boolean;
  totp?: boolean;
  email_code?: boolean;
  /* Whether the server sends mail and the account has an address. */
  email_code_possible?: boolean;
  recovery_codes_left?: number;
  preferences?: Preferences;
  settings?: TenantSettings;
};
