import { useCallback, useEffect, useState } from "react";
import { api, isAbort, type Query } from "./client.ts";

export type Loading<T> = { data: T | undefined; error: unknown; loading: boolean; reload: () => void };

/* Gets `path` (null: nothing) and again when it, the query or `again` change, or on reload(). While loading, the data before stays. */
export function useRequest<T>(path: string | null, query?: Query, again = 0): Loading<T> {
  const [state, setState] = useState<{ key: string; data?: T; error?: unknown }>({ key: "" });
  const [round, setRound] = useState(0);
  const key = path === null ? "" : `${path} ${JSON.stringify(query ?? {})} ${round} ${again}`;
  useEffect(() => {
    if (path === null) return;
    const abort = new AbortController();
    api.get<T>(path, query, abort.signal).then(
      (data) => setState({ key, data }),
      (error: unknown) => {
        if (!isAbort(error)) setState((before) => ({ key, error, ...(before.data ? { data: before.data } : {}) }));
      },
    );
    return () => abort.abort();
    // The key stands for path, query and round.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  const current = state.key === key;
  return { data: state.data, error: current ? state.error : undefined, loading: path !== null && !current, reload };
}
