import { ChevronLeft, ChevronRight } from "lucide-react";
import { t } from "../text/text.ts";
import type { Pages } from "./use_pages.ts";

/* Previous and next page; nothing for a list of one page. */
export function PageTurner({ pages }: { pages: Pages<unknown> }) {
  if (pages.number === 1 && !pages.more) return null;
  return (
    <nav className="row page-turner" aria-label={t("admin.pages")}>
      <button type="button" className="button" disabled={pages.number === 1} onClick={pages.previous}>
        <ChevronLeft size={16} aria-hidden className="mirrored" />
        {t("admin.previous")}
      </button>
      <span>{t("admin.page", { number: pages.number })}</span>
      <button type="button" className="button" disabled={!pages.more} onClick={pages.next}>
        {t("admin.next")}
        <ChevronRight size={16} aria-hidden className="mirrored" />
      </button>
    </nav>
  );
}
