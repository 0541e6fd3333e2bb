import { useCallback, useRef, useState } from "react";

export type Submit = {
  busy: boolean;
  error: unknown;
  /* Does it once at a time; resolves to whether it went well. */
  run: (action: () => Promise<void>) => Promise<boolean>;
  clear: () => void;
};

/* Something a form does that may take a while and may fail. */
export function useSubmit(): Submit {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const running = useRef(false);
  const run = useCallback(async (action: () => Promise<void>) => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setError(undefined);
    try {
      await action();
      return true;
    } catch (reason) {
      setError(reason);
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  }, []);
  const clear = useCallback(() => setError(undefined), []);
  return { busy, error, run, clear };
}
