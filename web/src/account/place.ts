/* Where to go after a log-in. */

/** The path asked for when it is one of this site; else the start page. Never an address elsewhere: no open redirect. */
export function returnPath(wanted: string | null, origin: string): string {
  if (!wanted?.startsWith("/")) return "/";
  let url: URL;
  try {
    url = new URL(wanted, origin);
  } catch {
    return "/";
  }
  if (url.origin !== origin) return "/";
  if (/^\/(login|setup)(\/|$)/.test(url.pathname)) return "/";
  return url.pathname + url.search + url.hash;
}

/** The token of a link `/setup#token=...`; null where there is none. */
export function setupToken(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token") || null;
}
