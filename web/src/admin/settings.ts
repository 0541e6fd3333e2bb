/* What forms of a tenant's settings say and read. */
import { t } from "../text/text.ts";

/* How a choice is called that leaves a setting to the tenant above, or where there is none, to the server. */
export function asAbove(tenant: string): string {
  return t(tenant.includes("/") ? "admin.setting.as_above" : "admin.setting.as_server");
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
