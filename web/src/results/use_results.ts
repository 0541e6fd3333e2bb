/* The pages of one search: rows by cursor, earlier pages kept. A new question, range, size or refresh() begins at the first page. */
import { now } from "@internationalized/date";
import { useCallback, useLayoutEffect, useMemo, useReducer, useState } from "react";
import { api, isAbort } from "../api/client.ts";
import type { EventPage } from "../api/types.ts";
import { type Bounds, boundsOf, type Range } from "../state/range.ts";

export type Question = { q: string; range: Range; zone: string; size: number };

export type Results = {
  /* What was asked, with the range as instants: the same for rows, statistics, chart and export. */
  asked: { q: string; tz: string } & Bounds;
  page: EventPage | undefined;
  /* From 1. */
  number: number;
  has_next: boolean;
  loading: boolean;
  /* Whether the rows shown are of the question before. */
  stale: boolean;
  error: unknown;
  /* Counts the refreshes. */
  round: number;
  next: () => void;
  previous: () => void;
  refresh: () => void;
};

type State = { key: string; pages: EventPage[]; at: number; wanted: number; error?: unknown };
type Step =
  | { type: "ask"; key: string }
  | { type: "page"; key: string; at: number; page: EventPage }
  | { type: "fail"; error: unknown }
  | { type: "go"; to: number };

function step(state: State, what: Step): State {
  switch (what.type) {
    case "ask":
      return { ...state, wanted: 0, error: undefined };
    case "page": {
      const before = what.key === state.key ? state.pages.slice(0, what.at) : [];
      return { key: what.key, pages: [...before, what.page], at: what.at, wanted: what.at };
    }
    case "fail":
      return { ...state, error: what.error };
    case "go":
      return { ...state, wanted: what.to, at: what.to < state.pages.length ? what.to : state.at, error: undefined };
  }
}

export function useResults({ q, range, zone, size }: Question): Results {
  const [round, setRound] = useState(0);
  const range_key = "preset" in range ? range.preset : `${range.from} ${range.to}`;
  const key = [q, range_key, zone, size, round].join("\n");
  // A preset becomes instants once per question, so that pages and counts speak of the same range.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const asked = useMemo(() => ({ q, tz: zone, ...boundsOf(range, zone, now(zone)) }), [key]);
  const [state, dispatch] = useReducer(step, { key: "", pages: [], at: 0, wanted: 0 });
  const current = state.key === key;
  const wanted = current ? state.wanted : 0;
  const cursor = wanted > 0 ? (state.pages[wanted - 1]?.next ?? undefined) : undefined;
  const needed = !current || wanted >= state.pages.length;

  // Before the browser paints the frame of the page: rows are what it is there for.
  useLayoutEffect(() => {
    if (!needed) return;
    const abort = new AbortController();
    if (wanted === 0) dispatch({ type: "ask", key });
    api.get<EventPage>("/v1/events", { ...asked, limit: size, cursor }, abort.signal).then(
      (page) => dispatch({ type: "page", key, at: wanted, page }),
      (error: unknown) => {
        if (!isAbort(error)) dispatch({ type: "fail", error });
      },
    );
    return () => abort.abort();
  }, [needed, key, asked, size, wanted, cursor]);

  const page = state.pages[state.at];
  return {
    asked,
    page,
    number: state.at + 1,
    has_next: page?.next != null,
    loading: needed && state.error === undefined,
    stale: !current,
    error: state.error,
    round,
    next: useCallback(() => dispatch({ type: "go", to: state.at + 1 }), [state.at]),
    previous: useCallback(() => dispatch({ type: "go", to: Math.max(0, state.at - 1) }), [state.at]),
    refresh: useCallback(() => setRound((before) => before + 1), []),
  };
}
