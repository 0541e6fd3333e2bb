import { ChevronLeft, ChevronRight } from "lucide-react";
import { t } from "../text/text.ts";

type Props = { number: number; has_next: boolean; loading: boolean; onPrevious: () => void; onNext: () => void };

export function Pager({ number, has_next, loading, onPrevious, onNext }: Props) {
  return (
    <nav className="pager" aria-label={t("results.pages")}>
      <button type="button" className="button" disabled={number === 1} onClick={onPrevious}>
        <ChevronLeft size={16} aria-hidden className="mirrored" />
        {t("results.previous")}
      </button>
      <span className="pager-number">
        {t("results.page", { number })}
        {has_next && <span className="muted"> · {t("results.more")}</span>}
      </span>
      <button type="button" className="button" disabled={!has_next || loading} onClick={onNext}>
        {t("results.next")}
        <ChevronRight size={16} aria-hidden className="mirrored" />
      </button>
    </nav>
  );
}
