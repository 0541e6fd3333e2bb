/* A tenant's settings: what is not set there is as the tenant above has it. */
import { api } from "./client.ts";
import type { TenantSettings } from "./types.ts";

export type SettingsAnswer = { settings: TenantSettings; own: TenantSettings };

export function settingsPath(tenant: string): string {
  return `/v1/tenants/${encodeURIComponent(tenant)}/settings`;
}

/* Changes some settings and leaves the tenant's others; undefined: as the tenant above it. The server takes them as a whole, so
   they are read again first: somebody else's change a moment ago is kept. */
export async function changeSettingsOf(tenant: string, change: Partial<TenantSettings>): Promise<SettingsAnswer> {
  const { own } = await api.get<SettingsAnswer>(settingsPath(tenant));
  return api.put<SettingsAnswer>(settingsPath(tenant), { ...own, ...change });
}
