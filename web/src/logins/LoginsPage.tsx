/* The authentication log: each log-in with its log-out, the failures before it, and where it came from. */
import { now } from "@internationalized/date";
import { RefreshCw } from "lucide-react";
import { useMemo, useState } from "react";
import { useOpenEvent } from "../app/router.tsx";
import { useTitle } from "../app/title.tsx";
import { ExportButton } from "../export/ExportButton.tsx";
import { ColumnsButton } from "../results/ColumnsButton.tsx";
import { EmptyState } from "../results/EmptyState.tsx";
import { Pager } from "../results/Pager.tsx";
import { PageFilters, usePageSearch } from "../search/PageFilters.tsx";
import { boundsOf } from "../state/range.ts";
import { type PageSize, pageSizes, questionOf } from "../state/search.ts";
import { zoneLabel } from "../text/format.ts";
import { t } from "../text/text.ts";
import { Credits } from "../ui/Credits.tsx";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { Notice } from "../ui/Notice.tsx";
import { useNarrow } from "../ui/use_narrow.ts";
import { loginColumnsFor, possibleLoginColumns, usualLoginColumns } from "./columns.tsx";
import { LoginCards } from "./LoginCards.tsx";
import { LoginTable } from "./LoginTable.tsx";
import type { LoginPage } from "./types.ts";
import { usePages } from "./use_pages.ts";

export default function LoginsPage() {
  useTitle(t("shell.tab.logins"));
  const page = usePageSearch("/logins");
  const { search, zone, active, show, keep, toggle, cleared } = page;
  const open = useOpenEvent();
  const [round, setRound] = useState(0);
  const range_key = JSON.stringify(search.range);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- a preset becomes instants once per question
  const bounds = useMemo(() => boundsOf(search.range, zone, now(zone)), [range_key, zone, round]);
  const q = questionOf(search);
  const results = usePages<LoginPage>("/v1/logins", { q, ...bounds, tz: zone, limit: search.size });
  const narrow = useNarrow();
  const logins = results.page?.logins ?? [];
  const again = () => {
    setRound(round + 1);
    results.reload();
  };
  const rows = { logins, zone, search, open, onToggle: toggle };
  return (
    <div className="search-page">
      <h1 className="visually-hidden">{t("shell.tab.logins")}</h1>
      <PageFilters page={page} onAgain={again} />
      <section className="results stack" aria-label={t("shell.tab.logins")}>
        <div className="toolbar" role="toolbar" aria-label={t("logins.tools")}>
          {!narrow && (
            <ColumnsButton
              popup={() => ({
                possible: possibleLoginColumns.map((id) => ({ id, name: t(`logins.column.${id}`) })),
                usual: usualLoginColumns,
                shown: loginColumnsFor(search.columns),
                onChange: (columns) => keep({ columns }),
              })}
            />
          )}
          <button type="button" className="button" onClick={again}>
            <RefreshCw size={16} aria-hidden className={results.loading ? "turning" : undefined} />
            {t("results.refresh")}
          </button>
          <ExportButton
            question={{ q: `log:auth ${q}`.trim(), ...bounds }}
            filters={[
              t("shell.tab.logins"),
              ...active.filter((filter) => filter.id !== "range").map((filter) => filter.text),
            ]}
          />
          <label className="size-choice">
            {t("results.size")}
            <select
              className="button native-select"
              value={search.size}
              onChange={(event) => show({ ...search, size: Number(event.target.value) as PageSize })}
            >
              {pageSizes.map((size) => (
                <option key={size}>{size}</option>
              ))}
            </select>
          </label>
          <span className="muted">{zoneLabel(zone)}</span>
        </div>
        {results.error !== undefined && <ErrorNotice error={results.error} onRetry={again} />}
        {results.page?.damages ? (
          <Notice tone="bad" title={t("results.damaged", { count: results.page.damages })} />
        ) : null}
        <div className={results.stale && results.page ? "stale" : undefined} aria-busy={results.loading}>
          {results.page && logins.length === 0 && !results.stale ? (
            <EmptyState {...{ search, active, zone }} onChange={show} onClear={() => show(cleared)} />
          ) : narrow ? (
            <LoginCards {...rows} />
          ) : (
            <LoginTable {...rows} />
          )}
        </div>
        <Pager
          number={results.number}
          has_next={results.has_next}
          loading={results.loading}
          onPrevious={results.previous}
          onNext={results.next}
        />
        <p role="status" className="visually-hidden">
          {results.loading ? t("shell.loading") : t("logins.loaded", { count: logins.length })}
        </p>
        <Credits />
      </section>
    </div>
  );
}
