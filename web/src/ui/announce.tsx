/* Polite live regions: what happened is read out, and gone after a moment, so that the same can be told again. */
import { useSyncExternalStore } from "react";

const shown_ms = 4000;

/* What tells a text, and the region that has it, which is once on the page; `look`: its class, with a text and without. */
export function liveText(look: (text: string) => string) {
  let text = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  const listeners = new Set<() => void>();
  const show = (next: string) => {
    text = next;
    for (const listener of listeners) listener();
  };
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  function tell(next: string): void {
    clearTimeout(timer);
    show(next);
    timer = setTimeout(() => show(""), shown_ms);
  }
  function Region() {
    const told = useSyncExternalStore(subscribe, () => text);
    return (
      <div role="status" className={look(told)}>
        {told}
      </div>
    );
  }
  return [tell, Region] as const;
}

/* Shows a text in the corner for a few seconds. */
export const [announce, Announcer] = liveText((text) => (text ? "announcer shown" : "announcer"));
