/* Searches in words: for chips, buttons and whatever states what is shown. */
import { type Catalog, labelOf } from "../api/catalog.ts";
import { termsOf, withoutTerm } from "../state/query.ts";
import type { Range } from "../state/range.ts";
import { sameRange } from "../state/range.ts";
import { type FilterName, filterNames, type Search, withFilter } from "../state/search.ts";
import { formatDay, formatMinute, formatTime } from "../text/format.ts";
import { t } from "../text/text.ts";
import { shownText } from "../ui/Value.tsx";

const catalogOf: Partial<Record<FilterName, keyof Pick<Catalog, "actions" | "objects" | "outcomes">>> = {
  action: "actions",
  object: "objects",
  outcome: "outcomes",
};

export function valueLabel(name: FilterName, value: string, catalog: Catalog | undefined): string {
  const section = catalogOf[name];
  return section ? labelOf(catalog?.[section], value) : shownText(value, 60);
}

/* "Create, Delete +2 more": two names, then how many more. */
export function valuesText(name: FilterName, values: readonly string[], catalog: Catalog | undefined): string {
  const labels = values.map((value) => valueLabel(name, value, catalog));
  if (labels.length <= 2) return labels.join(", ");
  return t("search.more", { first: labels.slice(0, 2).join(", "), count: labels.length - 2 });
}

export function rangeText(range: Range, zone: string): string {
  if ("preset" in range) return t(`search.range.${range.preset}`);
  const [from, to] = [new Date(range.from), new Date(range.to)];
  const whole_days = formatTime(from, zone) === "00:00" && formatTime(to, zone) === "00:00";
  if (!whole_days) return t("search.range.between", { from: formatMinute(from, zone), to: formatMinute(to, zone) });
  const [first, last] = [formatDay(from, zone), formatDay(new Date(to.getTime() - 1), zone)];
  return first === last ? first : t("search.range.between", { from: first, to: last });
}

/* A filter that is on, and the search without it. */
export type Active = { id: string; text: string; without: Search };

export function activeFilters(search: Search, usual: Range, zone: string, catalog: Catalog | undefined): Active[] {
  const active: Active[] = [];
  if (!sameRange(search.range, usual))
    active.push({ id: "range", text: rangeText(search.range, zone), without: { ...search, range: usual, open: null } });
  for (const name of filterNames) {
    const values = search.filters[name];
    if (!values?.length) continue;
    const text = `${t(`search.filter.${name}`)}: ${valuesText(name, values, catalog)}`;
    active.push({ id: name, text, without: withFilter(search, name, []) });
  }
  termsOf(search.q).forEach((term, at) => {
    const without = { ...search, q: withoutTerm(search.q, at), open: null };
    active.push({ id: `q${at} ${term.text}`, text: shownText(term.text, 80), without });
  });
  return active;
}
