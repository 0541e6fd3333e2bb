/* Pages of an answer that goes on by cursor; earlier pages are kept. Another question, or reload(), begins at the first page. */
import { useCallback, useEffect, useState } from "react";
import { api, isAbort, type Query } from "../api/client.ts";

type Page = { next: string | null };
export type Pages<P> = {
  page: P | undefined;
  /* From 1. */
  number: number;
  has_next: boolean;
  loading: boolean;
  /* Whether the page is of the question before. */
  stale: boolean;
  error: unknown;
  next: () => void;
  previous: () => void;
  reload: () => void;
};
type State<P> = { key: string; pages: P[]; at: number; error?: unknown };

export function usePages<P extends Page>(path: string, query: Query): Pages<P> {
  const [round, setRound] = useState(0);
  const key = `${path} ${JSON.stringify(query)} ${round}`;
  const [state, setState] = useState<State<P>>({ key: "", pages: [], at: 0 });
  const [wanted, setWanted] = useState({ key, at: 0 });
  const at = wanted.key === key ? wanted.at : 0;
  const pages = state.key === key ? state.pages : [];
  const needed = at >= pages.length && !(state.key === key && state.error !== undefined);
  const cursor = at > 0 ? (pages[at - 1]?.next ?? undefined) : undefined;
  useEffect(() => {
    if (!needed) return;
    const abort = new AbortController();
    api.get<P>(path, { ...query, cursor }, abort.signal).then(
      (page) =>
        setState((before) => ({ key, at, pages: [...(before.key === key ? before.pages.slice(0, at) : []), page] })),
      (error: unknown) => {
        if (!isAbort(error))
          setState((before) => ({ ...before, key, pages: before.key === key ? before.pages : [], error }));
      },
    );
    return () => abort.abort();
    // The key stands for path, query and round.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [needed, key, at, cursor]);
  // While the next question is on its way, the rows of the one before stay.
  const page = pages[at] ?? state.pages[state.at];
  return {
    page,
    number: Math.min(at, Math.max(0, pages.length - 1)) + 1,
    has_next: page?.next != null,
    loading: needed,
    stale: state.key !== key,
    error: state.key === key ? state.error : undefined,
    next: useCallback(() => setWanted({ key, at: at + 1 }), [key, at]),
    previous: useCallback(() => setWanted({ key, at: Math.max(0, at - 1) }), [key, at]),
    reload: useCallback(() => setRound((before) => before + 1), []),
  };
}
