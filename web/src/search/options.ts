/* What a filter's list offers: the values that the other filters leave, with their counts, and the known ones without any. */
import { now } from "@internationalized/date";
import { useMemo, useState } from "react";
import type { Catalog } from "../api/catalog.ts";
import type { CatalogEntry, Values } from "../api/types.ts";
import { useRequest } from "../api/use_request.ts";
import { boundsOf } from "../state/range.ts";
import { filterFields, type FilterName, questionOf, type Search, withFilter } from "../state/search.ts";
import { t } from "../text/text.ts";
import { valueLabel } from "./describe.ts";
import { useDelayed } from "../ui/use_delayed.ts";

export type CheckOption = { value: string; text: string; group: string; count?: number };
export type OptionGroup = { title: string; options: CheckOption[] };

const most_options = 100;

/* Filters whose values may also be typed, because there are many or because they may hold a * or a network. */
const typed_filters: ReadonlySet<FilterName> = new Set(["actor", "by_domain", "ip", "user", "domain"]);

export function takesTyped(name: FilterName): boolean {
  return typed_filters.has(name);
}

const sections: Partial<Record<FilterName, "actions" | "objects" | "outcomes">> = {
  action: "actions",
  object: "objects",
  outcome: "outcomes",
};

export function useOptions(
  name: FilterName,
  draft: Search,
  zone: string,
  catalog: Catalog | undefined,
  typed: string,
  chosen: ReadonlySet<string>,
) {
  const field = filterFields[name];
  const [opened] = useState(() => now(zone));
  // Text that is still being typed may not be a query: the lists then tell of the filters alone.
  const others = questionOf({ ...withFilter(draft, name, []), q: "" });
  const context = { field, q: others, tz: zone, limit: most_options, ...boundsOf(draft.range, zone, opened) };
  const first = useRequest<Values>("/v1/values", context);
  const incomplete = (first.data?.distinct ?? 0) > most_options;
  const prefix = useDelayed(incomplete ? typed.trim() : "");
  const found = useRequest<Values>(prefix ? "/v1/values" : null, { ...context, prefix });
  const known = sections[name] && catalog?.[sections[name]];
  const list = useMemo(() => {
    const counted = new Map<string, CheckOption>();
    const add = (value: string, count?: number) => {
      if (counted.has(value)) return;
      const text = valueLabel(name, value, catalog);
      counted.set(value, {
        value,
        text,
        group: groupOf(known, value, name),
        ...(count === undefined ? {} : { count }),
      });
    };
    const text = typed.trim();
    for (const { value, count } of [...(first.data?.values ?? []), ...(found.data?.values ?? [])]) add(value, count);
    for (const value of chosen) add(value);
    for (const entry of first.data ? (known ?? []) : []) add(entry.value, 0);
    const options = [...counted.values()];
    if (takesTyped(name) && text && !counted.has(text))
      options.unshift({ value: text, text: t("search.filter.use", { value: text }), group: "" });
    return options;
  }, [first.data, found.data, known, chosen, catalog, name, typed]);
  const rest = Math.max(0, (first.data?.distinct ?? 0) - (first.data?.values.length ?? 0));
  return { list, rest, loading: first.loading || found.loading };
}

function groupOf(known: readonly CatalogEntry[] | undefined, value: string, name: FilterName): string {
  return name === "object" ? (known?.find((entry) => entry.value === value)?.category ?? "Other") : "";
}

const group_order = ["", "Authentication", "Users & Domains", "Communication", "Configuration", "System", "Other"];

export function groupsOf(options: readonly CheckOption[]): OptionGroup[] {
  const groups = new Map<string, CheckOption[]>();
  for (const option of options) groups.set(option.group, [...(groups.get(option.group) ?? []), option]);
  const place = (title: string) =>
    group_order.includes(title) ? group_order.indexOf(title) : group_order.length - 1.5;
  return [...groups]
    .map(([title, members]) => ({ title, options: members }))
    .sort((a, b) => place(a.title) - place(b.title));
}
