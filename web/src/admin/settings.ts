/* A tenant's settings: what is not set there is as the tenant above has it. */
import { api } from "../api/client.ts";
import type { TenantSettings } from "../api/types.ts";
import { t } from "../text/text.ts";
import type { SettingsAnswer } from "./types.ts";

export function settingsPath(tenant: string): string {
  return `/v1/tenants/${encodeURIComponent(tenant)}/settings`;
}

/* How a choice is called that leaves a setting to the tenant above, or where there is none, to the server. */
export function asAbove(tenant: string): string {
  return t(tenant.includes("/") ? "admin.setting.as_above" : "admin.setting.as_server");
}

/* Changes some settings and leaves the tenant's others; undefined: as the tenant above it. The server takes them as a whole, so
   they are read again first: somebody else's change a moment ago is kept. */
export async function changeSettingsOf(tenant: string, change: Partial<TenantSettings>): Promise<SettingsAnswer> {
  const { own } = await api.get<SettingsAnswer>(settingsPath(tenant));
  return api.put<SettingsAnswer>(settingsPath(tenant), { ...own, ...change });
}

/* "https://Portal.Example/" is the origin https://portal.example; null for what is no origin. */
export function originOf(text: string): string | null {
  try {
    const url = new URL(text.trim());
    if (url.protocol !== "https:" && url.protocol !== "http:") return null;
    return url.pathname === "/" && !url.search && !url.hash && !url.username ? url.origin : null;
  } catch {
    return null;
  }
}
