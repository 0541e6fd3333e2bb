/* The queries that this reader typed last, newest first: among the user's preferences, and for keys only until the page is closed. */
import { useCallback, useState } from "react";
import { useMe } from "../app/session.tsx";
import { changePreferences, keepsPreferences } from "../state/preferences.ts";

const most_recent = 10;

export function useRecent(): [recent: readonly string[], remember: (query: string) => void] {
  const me = useMe();
  const [recent, setRecent] = useState<readonly string[]>(me.preferences?.recent_searches ?? []);
  const remember = useCallback(
    (query: string) => {
      const text = query.trim();
      if (!text || text === recent[0] || text.length > 500) return;
      const next = [text, ...recent.filter((other) => other !== text)].slice(0, most_recent);
      setRecent(next);
      // Not worth an error where it fails: the search itself goes on.
      if (keepsPreferences(me)) changePreferences({ recent_searches: next }).catch(() => undefined);
    },
    [me, recent],
  );
  return [recent, remember];
}
