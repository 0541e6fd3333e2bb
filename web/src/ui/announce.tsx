/* One polite live region for the whole page: what happened is shown for a moment and read out. */
import { useSyncExternalStore } from "react";

let message = "";
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function show(text: string) {
  message = text;
  for (const listener of listeners) listener();
}

/* Shows `text` in the corner for a few seconds. */
export function announce(text: string): void {
  clearTimeout(timer);
  show(text);
  timer = setTimeout(() => show(""), 4000);
}

export function Announcer() {
  const text = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => message,
  );
  return (
    <div role="status" className={text ? "announcer shown" : "announcer"}>
      {text}
    </div>
  );
}
