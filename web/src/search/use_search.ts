/* The search in the address, and the draft of the next one that the filter bar stages. */
import { useCallback, useMemo, useState } from "react";
import { useMe } from "../app/session.tsx";
import { navigate, useAddress } from "../app/router.tsx";
import { isPreset, type Range } from "../state/range.ts";
import { readSearch, type Search, searchAddress } from "../state/search.ts";
import { useZone } from "../state/zone.ts";

export function useSearch() {
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

  /* Shows a search; `replace` where going back should not bring the one before again. */
  const show = useCallback((next: Search, replace = false) => navigate(searchAddress(next, zone), { replace }), [zone]);
  return { search, draft, setDraft, staged: !sameQuestion(search, draft), usual, zone, show };
}

function questionPart({ q, filters, range }: Search) {
  return { q, filters, range };
}

function sameQuestion(a: Search, b: Search): boolean {
  return a.log === b.log && JSON.stringify(questionPart(a)) === JSON.stringify(questionPart(b));
}
