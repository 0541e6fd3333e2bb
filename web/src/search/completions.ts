import { useMemo } from "react";
import type { Catalog } from "../api/catalog.ts";
import type { Values } from "../api/types.ts";
import { useRequest } from "../api/use_request.ts";
import { type Cursor, cursorIn, quoteValue } from "../state/query.ts";
import { formatNumber } from "../text/format.ts";
import { t } from "../text/text.ts";
import { shownText } from "../ui/Value.tsx";
import { useDelayed } from "../ui/use_delayed.ts";

/* What a completion shows, and the query and cursor after it was taken. `final`: the whole query, nothing more to complete. */
export type Completion = { text: string; detail?: string; query: string; caret: number; final?: boolean };

const most = 8;
/* Names that most people want first, before the rest in the order of the alphabet. */
const usual = [
  "actor",
  "action",
  "object",
  "user",
  "domain",
  "ip",
  "outcome",
  "activity",
  "product",
  "tenant",
  "status",
  "url",
];

export function useCompletions(
  query: string,
  caret: number | null,
  catalog: Catalog | undefined,
  recent: readonly string[],
): Completion[] {
  const cursor = useMemo(() => (caret === null ? null : cursorIn(query, caret)), [query, caret]);
  const field = cursor?.kind === "value" && isKnown(cursor.field, catalog) ? cursor.field : null;
  const prefix = useDelayed(cursor?.kind === "value" ? cursor.typed : "");
  const values = useRequest<Values>(field ? "/v1/values" : null, { field: field ?? "", prefix, limit: most });
  return useMemo(() => {
    if (!cursor) return [];
    if (cursor.kind === "value") return field ? valueCompletions(query, cursor, values.data) : [];
    if (query.trim() === "" && recent.length > 0) return recent.slice(0, most).map(recentCompletion);
    return nameCompletions(query, cursor, catalog);
  }, [cursor, query, field, values.data, catalog, recent]);
}

function recentCompletion(query: string): Completion {
  return { text: shownText(query, 100), detail: t("search.recent"), query, caret: query.length, final: true };
}

function isKnown(field: string, catalog: Catalog | undefined): boolean {
  const name = field.toLowerCase();
  return name.startsWith("params.") || (catalog?.names.some((known) => known.name === name) ?? false);
}

/* The query with what the cursor is in replaced. */
function replaced(query: string, cursor: Cursor, text: string): Pick<Completion, "query" | "caret"> {
  return { query: query.slice(0, cursor.start) + text + query.slice(cursor.end), caret: cursor.start + text.length };
}

export function nameCompletions(query: string, cursor: Cursor, catalog: Catalog | undefined): Completion[] {
  const typed = cursor.typed.toLowerCase();
  if (!catalog || !typed) return [];
  const rank = (name: string) => (usual.includes(name) ? usual.indexOf(name) : usual.length);
  const names = catalog.names.filter(({ name }) => name.startsWith(typed)).sort((a, b) => rank(a.name) - rank(b.name));
  const params = typed.startsWith("params.")
    ? catalog.params
        .map((name) => ({ name: `params.${name}`, fields: [] }))
        .filter(({ name }) => name.toLowerCase().startsWith(typed))
    : [];
  return [...params, ...names].slice(0, most).map(({ name, fields }) => {
    const label = catalog.fields.find((field) => field.path === fields[0])?.label;
    return { text: `${name}:`, ...(label ? { detail: label } : {}), ...replaced(query, cursor, `${name}:`) };
  });
}

function valueCompletions(query: string, cursor: Cursor, values: Values | undefined): Completion[] {
  const typed = cursor.typed.toLowerCase();
  return (values?.values ?? [])
    .filter(({ value }) => value.toLowerCase().startsWith(typed) && value !== cursor.typed)
    .map(({ value, count }) => ({
      text: shownText(value, 80),
      detail: formatNumber(count),
      ...replaced(query, cursor, quoteValue(value)),
    }));
}
