import { type RefObject, useEffect } from "react";

export type Shortcuts = Record<string, () => void>;

/* Keys without modifiers, heard only while the focus is in the region or nowhere, and never while something is typed or a dialog is open. */
export function useShortcuts(region: RefObject<HTMLElement | null>, keys: Shortcuts, enabled: boolean): void {
  useEffect(() => {
    if (!enabled) return;
    function hear(event: KeyboardEvent) {
      const action = keys[event.key];
      if (!action || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = event.target as HTMLElement;
      const within = target === document.body || target.id === "content" || region.current?.contains(target);
      if (!within || target.closest("input, select, textarea, [role=dialog], [role=alertdialog]")) return;
      event.preventDefault();
      action();
    }
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, [region, keys, enabled]);
}
