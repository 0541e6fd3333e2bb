import { t } from "../text/text.ts";

/* The product's mark on the pages that have no header. */
export function Brand() {
  return (
    <p className="log-in-brand">
      <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden>
        <rect x="4" y="3" width="24" height="26" rx="4" className="brand-page" />
        <path d="M10 10h12M10 16h12M10 22h7" className="brand-lines" />
      </svg>
      {t("shell.name")}
    </p>
  );
}
