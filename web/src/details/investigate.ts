/* "Investigate user": the address of everything that one user did, or that was done to them, in the last year and in all logs. */
import type { LogEvent } from "../api/types.ts";
import { quoteValue, termText } from "../state/query.ts";
import { searchAddress } from "../state/search.ts";

export type Suspect = {
  /* As the event calls the user. */
  readonly name: string;
  /* The term that finds them. */
  readonly term: string;
};

/** The term that finds one value. */
export function term(field: string, value: string, negated = false): string {
  return termText(field, [value], negated, quoteValue);
}

/** Whom one may want to know more of: who did it (not the system), and the user whom it was done to. */
export function suspects(event: LogEvent): Suspect[] {
  const { actor, target } = event;
  const found: Suspect[] = [];
  const member =
    actor.type === "system" ? undefined : (["name", "id", "email", "display_name"] as const).find((m) => actor[m]);
  if (member) found.push({ name: actor[member]!, term: term(`actor.${member}`, actor[member]!) });
  if (target?.user && target.user !== actor.name) found.push({ name: target.user, term: term("user", target.user) });
  return found;
}

export function investigateAddress(suspect: Suspect): string {
  return searchAddress({ q: suspect.term, range: { preset: "year" } });
}

/** The event's own page. */
export function eventAddress(event: Pick<LogEvent, "id">): string {
  return `/event?${new URLSearchParams({ id: event.id }).toString()}`;
}

/** A search for one value, or for everything but it. */
export function filterAddress(field: string, value: string, negate: boolean): string {
  return searchAddress({ q: term(field, value, negate), range: { preset: "all" } });
}
