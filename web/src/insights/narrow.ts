/* From a number to the events that it counts: the search of the page, narrowed. */
import { filterFields, filterNames, type Search, searchAddress, withFilter } from "../state/search.ts";
import { termText, withTerm } from "../state/query.ts";

/* A field of the query language and the values that it may have. */
export type Narrowing = readonly [field: string, ...values: string[]];

export const failed_logins: readonly Narrowing[] = [
  ["action", "login"],
  ["outcome", "failure", "denied"],
];
export const logins: readonly Narrowing[] = [["action", "login"]];
export const deletes: readonly Narrowing[] = [["action", "delete"]];
export const key_changes: readonly Narrowing[] = [
  ["action", "create", "delete"],
  ["target.type", "api_key"],
];

export function narrowed(search: Search, narrowings: readonly Narrowing[]): Search {
  let next: Search = { ...search, log: "", open: null, columns: null };
  for (const [field, ...values] of narrowings) {
    const name = filterNames.find((known) => filterFields[known] === field);
    next = name ? withFilter(next, name, values) : { ...next, q: withTerm(next.q, termText(field, values)) };
  }
  return next;
}

/* The address of the events; `term` is more of the query, as it stands. */
export function eventsAddress(search: Search, zone: string, narrowings: readonly Narrowing[], term?: string): string {
  const next = narrowed(search, narrowings);
  return searchAddress(term ? { ...next, q: withTerm(next.q, term) } : next, zone);
}
