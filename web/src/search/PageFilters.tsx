/* The filter bar for pages other than the search: the same filters, in the address of the page. */
import { useMemo, useRef } from "react";
import { useCatalog } from "../api/catalog.ts";
import type { Search } from "../state/search.ts";
import { Chips } from "./Chips.tsx";
import { activeFilters } from "./describe.ts";
import { FilterBar } from "./FilterBar.tsx";
import { useRecent } from "./use_recent.ts";
import { useSearch } from "./use_search.ts";

/* The search in the address of the page at `path`. */
export function usePageSearch(path: string) {
  const found = useSearch(path);
  const catalog = useCatalog();
  const { search, usual, zone } = found;
  const active = useMemo(() => activeFilters(search, usual, zone, catalog), [search, usual, zone, catalog]);
  const cleared: Search = { ...search, q: "", filters: {}, range: usual, open: null };
  return { ...found, active, catalog, cleared };
}

export type PageSearch = ReturnType<typeof usePageSearch>;

/* `onAgain`: the same search was asked for once more. */
export function PageFilters({ page, onAgain }: { page: PageSearch; onAgain: () => void }) {
  const { search, draft, setDraft, staged, zone, catalog, active, cleared, show, addressOf } = page;
  const [recent, remember] = useRecent();
  const query = useRef<HTMLInputElement>(null);
  const range = useRef<HTMLDivElement>(null);
  const clear = () => {
    setDraft(cleared);
    show(cleared);
  };
  const find = (next: Search) => {
    remember(next.q);
    if (addressOf({ ...next, open: null }) === addressOf({ ...search, open: null })) onAgain();
    else show({ ...next, open: null });
  };
  return (
    <>
      <FilterBar
        {...{ draft, staged, zone, catalog, recent, query, range }}
        onDraft={setDraft}
        onSearch={find}
        onClear={clear}
      />
      <Chips active={active} onChange={show} onClear={clear} />
    </>
  );
}
