import { useEffect, useState } from "react";

/* Whole seconds left of `seconds`, counted from when `start` changed; 0 when over or where nothing is counted. */
export function useCountdown(seconds: number, start: unknown): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (seconds <= 0) {
      setLeft(0);
      return;
    }
    const end = performance.now() + seconds * 1000;
    const tick = () => setLeft(Math.max(0, Math.ceil((end - performance.now()) / 1000)));
    tick();
    const timer = setInterval(tick, 250);
    return () => clearInterval(timer);
  }, [seconds, start]);
  return left;
}
