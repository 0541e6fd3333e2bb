/* What an account keeps on the server (PUT /v1/me/preferences): one object, of which each part of the viewer changes its own members. */
import { api } from "../api/client.ts";
import type { Me, Preferences } from "../api/types.ts";

let kept: Preferences = {};
let last: Promise<void> = Promise.resolve();

/* Begins with what the account has; called with each answer of GET /v1/me. */
export function adoptPreferences(me: Me): void {
  kept = me.preferences ?? {};
}

export function currentPreferences(): Preferences {
  return kept;
}

/* Only people have preferences. */
export function keepsPreferences(me: Me): boolean {
  return me.kind === "user";
}

/* Changes some members and leaves the others; one change is sent after the other. */
export function changePreferences(change: Partial<Preferences>): Promise<void> {
  kept = { ...kept, ...change };
  const sent = kept;
  last = last.catch(() => undefined).then(() => api.put("/v1/me/preferences", sent));
  return last;
}
