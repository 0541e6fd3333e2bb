import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from "react";

/* Which of many rows lie in the visible part of a scrolling frame, by arithmetic: all rows are equally high but one, which is open. */
export type RowWindow = {
  /* Rows [first, end) are to be rendered. */
  first: number;
  end: number;
  total_px: number;
  topOf: (index: number) => number;
  /* To be the ref of what is below the open row. */
  measure: (element: HTMLElement | null) => void;
};

const spare = 12; /* rows rendered above and below */
const step = 6; /* rows scrolled before other rows are rendered */

export function useWindow(
  frame: RefObject<HTMLElement | null>,
  count: number,
  row_px: number,
  open: number | null,
): RowWindow {
  const [seen, setSeen] = useState({ at: 0, rows: 30 });
  const [extra_px, setExtra] = useState(0);
  const observer = useRef<ResizeObserver | null>(null);
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    const look = () => {
      const at = Math.floor(element.scrollTop / row_px / step) * step;
      const rows = Math.ceil(element.clientHeight / row_px) + step;
      setSeen((before) => (before.at === at && before.rows === rows ? before : { at, rows }));
    };
    look();
    const resized = new ResizeObserver(look);
    resized.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      resized.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [frame, row_px]);

  const measure = useCallback((element: HTMLElement | null) => {
    observer.current?.disconnect();
    observer.current = null;
    if (!element) {
      setExtra(0);
      return;
    }
    const changed = () => setExtra(element.offsetHeight);
    changed();
    observer.current = new ResizeObserver(changed);
    observer.current.observe(element);
  }, []);

  const opened = open !== null && open < count ? open : count;
  const extra = opened < count ? extra_px : 0;
  // Rows below the open one lie lower: look as many rows further up for them.
  const lifted = Math.ceil(extra / row_px);
  return {
    first: Math.max(0, seen.at - spare - lifted),
    end: Math.min(count, seen.at + seen.rows + spare),
    total_px: count * row_px + extra,
    topOf: (index) => index * row_px + (index > opened ? extra : 0),
    measure,
  };
}
