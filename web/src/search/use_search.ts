/* The search in the address, and the draft of the next one that the filter bar stages. */
import { useCallback, useMemo, useState } from "react";
import { useMe } from "../app/session.tsx";
import { navigate, openEvent, useAddress } from "../app/router.tsx";
import { isPreset, type Range } from "../state/range.ts";
import { readSearch, type Search, searchAddress } from "../state/search.ts";
import { useZone } from "../state/zone.ts";

/* The search in the address of the page at `path`; pages other than the search show no log of their own.
   `search.open` is null here: useOpenEvent knows, so that a page is not rendered anew when an event opens. */
export function useSearch(path = "/search") {
  const { params, address } = useAddress();
  const me = useMe();
  const zone = useZone();
  const preset = me.settings?.default_range;
  const usual = useMemo<Range>(() => ({ preset: isPreset(preset) ? preset : "30d" }), [preset]);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the address says all that the parameters do
  const search = useMemo(() => readSearch(params, { range: usual }), [address, usual]);

  const [draft, setDraft] = useState(search);
  const [drafted, setDrafted] = useState(search);
  if (drafted !== search) {
    // Another search is shown: what was staged for the one before is gone, unless only the way of showing changed.
    setDrafted(search);
    setDraft(sameQuestion(drafted, search) ? { ...search, ...questionPart(draft) } : search);
  }

  const addressOf = useCallback(
    (next: Search) => searchAddress(path === "/search" ? next : { ...next, log: "" }, zone).replace("/search", path),
    [path, zone],
  );
  /* Shows a search; `replace` where going back should not bring the one before again. */
  const show = useCallback((next: Search, replace = false) => navigate(addressOf(next), { replace }), [addressOf]);
  const toggle = useCallback(
    (id: string) => {
      const open = openEvent() === id ? null : id;
      navigate(addressOf({ ...search, open }), { replace: true, later: true });
    },
    [search, addressOf],
  );
  /* Another way of showing the same events: the open one stays open. */
  const keep = useCallback(
    (change: Partial<Search>) => show({ ...search, open: openEvent(), ...change }, true),
    [search, show],
  );
  return { search, draft, setDraft, staged: !sameQuestion(search, draft), usual, zone, addressOf, show, keep, toggle };
}

function questionPart({ q, filters, range }: Search) {
  return { q, filters, range };
}

function sameQuestion(a: Search, b: Search): boolean {
  return a.log === b.log && JSON.stringify(questionPart(a)) === JSON.stringify(questionPart(b));
}
