import { Bookmark, ChartColumn } from "lucide-react";
import { lazy, type RefObject, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { useCatalog } from "../api/catalog.ts";
import type { Histogram, LogEvent, Stats } from "../api/types.ts";
import { useRequest } from "../api/use_request.ts";
import { lazyWithTexts } from "../app/lazy.tsx";
import { currentAddress, useOpenEvent } from "../app/router.tsx";
import { logTitle } from "../app/routes.tsx";
import { useTitle } from "../app/title.tsx";
import { columnsFor } from "../results/columns.tsx";
import { ExportButton } from "../export/ExportButton.tsx";
import { LiveButton } from "../live/LiveButton.tsx";
import { EmptyState } from "../results/EmptyState.tsx";
import { EventCards } from "../results/EventCards.tsx";
import { EventTable, type RowsProps } from "../results/EventTable.tsx";
import { Pager } from "../results/Pager.tsx";
import { StatisticsBar } from "../results/StatisticsBar.tsx";
import { Toolbar } from "../results/Toolbar.tsx";
import { type Results, useResults } from "../results/use_results.ts";
import { type Shortcuts, useShortcuts } from "../results/use_shortcuts.ts";
import { filteredBy, questionOf, type Search, searchAddress, type View } from "../state/search.ts";
import { changeSettings, localZone, useSettings } from "../state/settings.ts";
import { chooseZone } from "../state/zone.ts";
import { t } from "../text/text.ts";
import { copyText } from "../ui/copy.ts";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { Notice } from "../ui/Notice.tsx";
import { PopupButton } from "../ui/PopupButton.tsx";
import { useNarrow } from "../ui/use_narrow.ts";
import { Chips } from "./Chips.tsx";
import { type Active, activeFilters } from "./describe.ts";
import { FilterBar, warmFilters } from "./FilterBar.tsx";
import { useRecent } from "./use_recent.ts";
import { useSearch } from "./use_search.ts";

const LiveTail = lazyWithTexts(["live"], () => import("../live/LiveTail.tsx"));
const HistogramView = lazy(() => import("../results/HistogramView.tsx"));
const ShortcutsDialog = lazy(async () => ({ default: (await import("../popups.ts")).ShortcutsDialog }));
const EventDetails = lazyWithTexts(["details"], () => import("../details/EventDetails.tsx"));
const SavedSearches = lazy(async () => ({ default: (await import("../popups.ts")).SavedSearches }));

/* The log: filters, statistics, chart and rows of one search. */
export default function SearchPage() {
  const { search, draft, setDraft, staged, usual, zone, show, keep, toggle } = useSearch();
  useTitle(logTitle(search.log));
  const catalog = useCatalog();
  const [recent, remember] = useRecent();
  const settings = useSettings();
  const q = questionOf(search);
  const results = useResults({ q, range: search.range, zone, size: search.size });
  const active = useMemo(() => activeFilters(search, usual, zone, catalog), [search, usual, zone, catalog]);
  const narrow = useNarrow();
  const view = search.view ?? (narrow ? "cards" : "table");
  const query = useRef<HTMLInputElement>(null);
  const range = useRef<HTMLDivElement>(null);
  const region = useRef<HTMLElement>(null);
  const [help, setHelp] = useState(false);
  const [live, setLive] = useState(false);
  // Counts come after the rows: they never delay them.
  const counted = results.page && !results.stale;
  const stats = useRequest<Stats>(counted ? "/v1/stats" : null, results.asked, results.round);
  const chart = useRequest<Histogram>(counted && settings.histogram ? "/v1/histogram" : null, {
    ...results.asked,
    by: search.by,
    interval: "auto",
  });

  const cleared: Search = { ...search, q: "", filters: {}, range: usual, open: null };
  const clear = () => {
    setDraft(cleared);
    show(cleared);
  };
  const find = (next: Search) => {
    remember(next.q);
    if (sameAddress(next, search)) results.refresh();
    else show({ ...next, open: null });
  };
  const filter = (field: string, value: string, negated: boolean) => show(filteredBy(search, field, value, negated));
  useShortcuts(
    region,
    useKeys({ results, query, range, region, zone, onLive: () => setLive(!live), onHelp: () => setHelp(true) }),
    settings.shortcuts,
  );
  useEffect(() => {
    if (!results.page) return;
    warmFilters();
    void EventDetails.load();
  }, [results.page]);

  const rows = {
    events: results.page?.events ?? [],
    log: search.log,
    columns: useMemo(() => columnsFor(search.log, search.columns), [search.log, search.columns]),
    zone,
    catalog,
    onToggle: toggle,
    details: (event: LogEvent) => (
      <Suspense fallback={<p className="muted">{t("shell.loading")}</p>}>
        <EventDetails event={event} zone={zone} onFilter={filter} link={linkTo({ ...search, open: event.id }, zone)} />
      </Suspense>
    ),
  };
  return (
    <div className="search-page">
      <h1 className="visually-hidden">{t("search.title")}</h1>
      <FilterBar
        {...{ draft, staged, zone, catalog, recent, query, range }}
        onDraft={setDraft}
        onSearch={find}
        onClear={clear}
      >
        <SavedButton />
      </FilterBar>
      <Chips active={active} onChange={show} onClear={clear} />
      <section className="results stack" ref={region} aria-label={t("results.title")}>
        <div className="row">
          <StatisticsBar stats={stats.data} zone={zone} />
          <span className="spacer" />
          <ChartTools search={search} onChange={keep} />
        </div>
        {settings.histogram && chart.data && rows.events.length > 0 && (
          <Suspense fallback={<div className="chart-space" />}>
            <HistogramView
              histogram={chart.data}
              zone={zone}
              catalog={catalog}
              onZoom={(from, to) => show({ ...search, range: { from, to }, open: null })}
            />
          </Suspense>
        )}
        {settings.histogram && !chart.data && !chart.error && <div className="chart-space" />}
        <Toolbar
          {...{ search, view, zone }}
          loading={results.loading}
          onChange={keep}
          onRefresh={results.refresh}
          onShortcuts={() => setHelp(true)}
        >
          <LiveButton on={live} onChange={setLive} />
          <ExportButton question={results.asked} filters={filtersInWords(search, active)} />
        </Toolbar>
        {results.error !== undefined && <ErrorNotice error={results.error} onRetry={results.refresh} />}
        <Damage damages={results.page?.damages} />
        {live ? (
          <Suspense fallback={<p className="muted">{t("shell.loading")}</p>}>
            <LiveTail q={q} {...rows} />
          </Suspense>
        ) : (
          <>
            <div className={results.stale && results.page ? "stale" : undefined} aria-busy={results.loading}>
              {results.page && rows.events.length === 0 && !results.stale ? (
                <EmptyState {...{ search, active, zone }} onChange={show} onClear={clear} />
              ) : (
                <Rows view={view} {...rows} />
              )}
            </div>
            <Pager
              number={results.number}
              has_next={results.has_next}
              loading={results.loading}
              onPrevious={results.previous}
              onNext={results.next}
            />
          </>
        )}
        <p role="status" className="visually-hidden">
          {results.loading ? t("shell.loading") : t("results.loaded", { count: rows.events.length })}
        </p>
      </section>
      {help && (
        <Suspense fallback={null}>
          <ShortcutsDialog onClose={() => setHelp(false)} />
        </Suspense>
      )}
    </div>
  );
}

function Rows({ view, ...rows }: Omit<RowsProps, "open"> & { view: View }) {
  const open = useOpenEvent();
  return view === "cards" ? <EventCards {...rows} open={open} /> : <EventTable {...rows} open={open} />;
}

/* What an export holds, for whoever reads its dialog: the log first. */
function filtersInWords(search: Search, active: readonly Active[]): string[] {
  const log = search.log && t("results.log", { log: search.log });
  return [...(log ? [log] : []), ...active.filter((filter) => filter.id !== "range").map((filter) => filter.text)];
}

function linkTo(search: Search, zone: string): string {
  return new URL(searchAddress(search, zone), location.href).href;
}

function sameAddress(a: Search, b: Search): boolean {
  return searchAddress({ ...a, open: null }) === searchAddress({ ...b, open: null });
}

function SavedButton() {
  return (
    <PopupButton
      label={t("search.saved.title")}
      className="button icon-only"
      popup={(close) => <SavedSearches onClose={close} />}
    >
      <Bookmark size={16} aria-hidden />
    </PopupButton>
  );
}

function ChartTools({ search, onChange }: { search: Search; onChange: (change: Partial<Search>) => void }) {
  const { histogram } = useSettings();
  return (
    <div className="row chart-tools">
      {histogram && (
        <label className="size-choice">
          {t("results.chart.by")}
          <select
            className="button native-select"
            value={search.by}
            onChange={(event) => onChange({ by: event.target.value as Search["by"] })}
          >
            <option value="outcome">{t("results.chart.by.outcome")}</option>
            <option value="action">{t("results.chart.by.action")}</option>
          </select>
        </label>
      )}
      <button
        type="button"
        className="button quiet"
        aria-expanded={histogram}
        onClick={() => changeSettings({ histogram: !histogram })}
      >
        <ChartColumn size={16} aria-hidden />
        {histogram ? t("results.chart.hide") : t("results.chart.show")}
      </button>
    </div>
  );
}

function Damage({ damages }: { damages: number | undefined }) {
  return damages ? <Notice tone="bad" title={t("results.damaged", { count: damages })} /> : null;
}

type KeysOf = {
  results: Results;
  query: RefObject<HTMLInputElement | null>;
  range: RefObject<HTMLDivElement | null>;
  region: RefObject<HTMLElement | null>;
  zone: string;
  onLive: () => void;
  onHelp: () => void;
};

function useKeys({ results, query, range, region, zone, onLive, onHelp }: KeysOf): Shortcuts {
  const [other, setOther] = useState(localZone);
  const move = (by: number) => {
    const buttons = [...(region.current?.querySelectorAll<HTMLButtonElement>(".toggle") ?? [])];
    const at = buttons.findIndex((button) => button.closest("tr, li, [role=row]")?.contains(document.activeElement));
    buttons[at < 0 ? 0 : Math.min(buttons.length - 1, Math.max(0, at + by))]?.focus();
  };
  return {
    "/": () => query.current?.focus(),
    j: () => move(1),
    k: () => move(-1),
    c: () => void copyText(new URL(currentAddress(), location.href).href),
    t: () => range.current?.querySelector("button")?.click(),
    u: () => {
      if (zone !== "UTC") setOther(zone);
      chooseZone(zone === "UTC" ? other : "UTC");
    },
    l: onLive,
    r: results.refresh,
    "[": results.previous,
    "]": () => results.has_next && results.next(),
    "?": onHelp,
  };
}
