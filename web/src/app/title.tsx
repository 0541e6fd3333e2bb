/* The page's name: in the browser's tab, and read out when another page is shown. */
import { useEffect, useSyncExternalStore } from "react";
import { t } from "../text/text.ts";

let spoken = "";
let shown = "";
const listeners = new Set<() => void>();

/* A page of another site has a name of its own: there the viewer adds none. */
function titleOf(page: string): string {
  return location.pathname === "/embed" || page.includes(t("shell.name")) ? page : t("shell.title", { page });
}

/* `page`: the name of the page that calls this. The browser itself reads out that of the first one. */
export function useTitle(page: string): void {
  useEffect(() => {
    document.title = titleOf(page);
    if (shown && shown !== page) {
      spoken = document.title;
      for (const listener of listeners) listener();
      // What had the focus went with the page before.
      if (document.activeElement === document.body) document.getElementById("content")?.focus({ preventScroll: true });
    }
    shown = page;
  }, [page]);
}

/* Once on the page, outside of what changes with the route. */
export function TitleSpoken() {
  const text = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => spoken,
  );
  return (
    <div role="status" className="visually-hidden">
      {text}
    </div>
  );
}
