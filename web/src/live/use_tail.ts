import { useEffect, useMemo, useReducer, useState } from "react";
import { Ring } from "./ring.ts";
import { follow, type TailState } from "./tail.ts";

export const kept_events = 100_000;
/* Arrivals are shown together so often at most: calm for the eye, and cheap at any rate of events. */
const show_ms = 100;

export type Tail = { ring: Ring; state: TailState; gap: string | null };

/* The events that `q` finds, from the newest stored ones on. Renders when more came. */
export function useTail(q: string): Tail {
  const [round, show] = useReducer((before: number) => before + 1, 0);
  const [state, setState] = useState<TailState>({ name: "connecting" });
  const [gap, setGap] = useState<string | null>(null);
  const ring = useMemo(() => new Ring(kept_events), []);
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    void follow(
      q,
      {
        onEvents(texts) {
          ring.push(texts);
          timer ??= setTimeout(() => {
            timer = undefined;
            show();
          }, show_ms);
        },
        onState: setState,
        onGap: setGap,
      },
      abort.signal,
    );
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [q, ring]);
  // A new object for each round: the ring itself stays the same.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  return useMemo(() => ({ ring, state, gap }), [ring, state, gap, round]);
}
