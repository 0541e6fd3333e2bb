/* The page's name: in the browser's tab, and read out when another page is shown. */
import { useEffect } from "react";
import { t } from "../text/text.ts";
import { liveText } from "../ui/announce.tsx";
import { useAddress } from "./router.tsx";

const [speak, TitleSpoken] = liveText(() => "visually-hidden");
export { TitleSpoken };

let shown = "";

/* A page of another site has a name of its own: there the viewer adds none. */
function titleOf(page: string): string {
  return location.pathname === "/embed" || page.includes(t("shell.name")) ? page : t("shell.title", { page });
}

/* `page`: the name of the page that calls this. The browser itself reads out that of the first one. */
export function useTitle(page: string): void {
  const { path } = useAddress();
  // Pages of one name are told apart by their address: a user and the list of users.
  const place = `${path === "/" ? "/search" : path} ${page}`;
  useEffect(() => {
    document.title = titleOf(page);
    if (shown && shown !== place) {
      speak(document.title);
      // What had the focus went with the page before.
      if (document.activeElement === document.body) document.getElementById("content")?.focus({ preventScroll: true });
    }
    shown = place;
  }, [page, place]);
}
