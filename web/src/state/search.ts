/* What is searched for and how it is shown, and its form in the address: a link shows somebody else the same thing. */
import { patternValue, quoteValue, termText, withTerm } from "./query.ts";
import { isPreset, type Range } from "./range.ts";

/* The filters that have a control, in the order of the chips, with the field of the query language that each stands for. */
export const filterFields = {
  tenant: "tenant",
  action: "action",
  object: "target.type",
  product: "product",
  category: "category",
  activity: "activity",
  outcome: "outcome",
  actor: "actor.name",
  by_domain: "actor.domain",
  ip: "source.ip",
  user: "target.user",
  domain: "target.domain",
} as const;
export type FilterName = keyof typeof filterFields;
export const filterNames = Object.keys(filterFields) as FilterName[];
export type Filters = Partial<Record<FilterName, readonly string[]>>;

/* In these a typed * stands for any text; in the others values are chosen from a list and stand for themselves. */
const patternFilters: ReadonlySet<FilterName> = new Set(["actor", "by_domain", "user", "domain"]);

export const pageSizes = [10, 25, 50, 100] as const;
export type PageSize = (typeof pageSizes)[number];
export type View = "table" | "cards";

export type Search = {
  log: string /* "": all */;
  q: string;
  filters: Filters;
  range: Range;
  size: PageSize;
  /* null: by the width of the window. */
  view: View | null;
  /* null: those of the log. */
  columns: readonly string[] | null;
  /* The id of the event whose details are open. */
  open: string | null;
  /* What the bars of the histogram are split by. */
  by: "outcome" | "action";
};

export type Defaults = { range: Range };

export function readSearch(params: URLSearchParams, defaults: Defaults): Search {
  const filters: Filters = {};
  for (const name of filterNames) {
    const values = params.getAll(name).filter((value) => value !== "");
    if (values.length > 0) filters[name] = [...new Set(values)];
  }
  const size = Number(params.get("limit")) as PageSize;
  const view = params.get("view");
  const columns = params.get("cols");
  return {
    log: params.get("log") ?? "",
    q: params.get("q") ?? "",
    filters,
    range: readRange(params, defaults.range),
    size: pageSizes.includes(size) ? size : 25,
    view: view === "table" || view === "cards" ? view : null,
    columns: columns === null ? null : columns.split(",").filter(Boolean),
    open: params.get("open"),
    by: params.get("by") === "action" ? "action" : "outcome",
  };
}

function readRange(params: URLSearchParams, otherwise: Range): Range {
  const preset = params.get("range");
  if (isPreset(preset)) return { preset };
  const [from, to] = [params.get("from") ?? "", params.get("to") ?? ""];
  return Date.parse(from) < Date.parse(to) ? { from, to } : otherwise;
}

/* The address of a search. What is left out is as by default; `tz` is the zone that the reader saw. */
export function searchAddress(search: Partial<Search>, tz?: string): string {
  const params = new URLSearchParams();
  if (search.log) params.set("log", search.log);
  if (search.q) params.set("q", search.q);
  for (const name of filterNames) for (const value of search.filters?.[name] ?? []) params.append(name, value);
  if (search.range && "preset" in search.range) params.set("range", search.range.preset);
  else if (search.range) {
    params.set("from", search.range.from);
    params.set("to", search.range.to);
  }
  if (search.size && search.size !== 25) params.set("limit", String(search.size));
  if (search.view) params.set("view", search.view);
  if (search.columns) params.set("cols", search.columns.join(","));
  if (search.by === "action") params.set("by", "action");
  if (search.open) params.set("open", search.open);
  if (tz) params.set("tz", tz);
  const text = params.toString();
  return text ? `/search?${text}` : "/search";
}

/* The query that finds what the text, the log and the filters ask for; the text first, so that the server's "at character 7" is its seventh. */
export function questionOf(search: Pick<Search, "log" | "q" | "filters">): string {
  const parts = [search.q.trimEnd()];
  if (search.log) parts.push(termText("log", [search.log]));
  for (const name of filterNames) {
    const values = search.filters[name];
    if (values?.length) parts.push(termText(filterFields[name], values, false, writerOf(name)));
  }
  return parts.filter(Boolean).join(" ");
}

function writerOf(name: FilterName): (value: string) => string {
  // An address, a network and a tenant's path are words of the language as they are.
  if (name === "ip") return (value) => (/^[\w.:/*]+$/.test(value) ? value : quoteValue(value));
  return patternFilters.has(name) ? patternValue : quoteValue;
}

export function withFilter(search: Search, name: FilterName, values: readonly string[]): Search {
  const { [name]: _before, ...others } = search.filters;
  return { ...search, filters: values.length > 0 ? { ...others, [name]: values } : others, open: null };
}

/* Adds "field is value" (or is not): to the control that stands for the field, else to the text of the query. */
export function filteredBy(search: Search, field: string, value: string, negated = false): Search {
  const name = filterNames.find((known) => filterFields[known] === field);
  if (name && !negated && !value.includes("*"))
    return withFilter(search, name, [...new Set([...(search.filters[name] ?? []), value])]);
  return { ...search, q: withTerm(search.q, termText(field, [value], negated)), open: null };
}

export function countFilters(filters: Filters): number {
  return filterNames.filter((name) => filters[name]?.length).length;
}
