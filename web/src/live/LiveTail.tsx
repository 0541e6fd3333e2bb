/* Events as they are stored, newest first. Whoever scrolls, opens or focuses a row reads: from then on new events wait until asked for. */
import { ChevronRight, Pause, Play, Radio } from "lucide-react";
import { memo, type ReactNode, useCallback, useMemo, useRef, useState } from "react";
import type { Catalog } from "../api/catalog.ts";
import type { LogEvent } from "../api/types.ts";
import { type Column, columnName, columnsFor } from "../results/columns.tsx";
import { formatNumber } from "../text/format.ts";
import { t } from "../text/text.ts";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { Notice } from "../ui/Notice.tsx";
import { shownText } from "../ui/Value.tsx";
import type { TailState } from "./tail.ts";
import { useTail } from "./use_tail.ts";
import { useWindow } from "./use_window.ts";
import { useNarrow } from "../ui/use_narrow.ts";

type Props = {
  q: string;
  log: string;
  columns: readonly Column[];
  zone: string;
  catalog: Catalog | undefined;
  details: (event: LogEvent) => ReactNode;
};

const row_px = 36;
const narrow_row_px = 60;
const narrow_grid = "32px max-content minmax(0, 1fr)";
const narrow_columns = columnsFor("", ["time", "action", "description"]);

/* What is shown of a live tail; another question begins anew. */
export default function LiveTail(props: Props) {
  return <Live key={props.q} {...props} />;
}

function Live({ q, log, columns: wide_columns, zone, catalog, details }: Props) {
  const { ring, state, gap } = useTail(q);
  const [paused_at, setPausedAt] = useState<number | null>(null);
  const [open, setOpen] = useState<number | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const narrow = useNarrow();
  const columns = narrow ? narrow_columns : wide_columns;
  const height = narrow ? narrow_row_px : row_px;
  const names = useMemo(() => columns.map((column) => columnName(column.id, log, zone)), [columns, log, zone]);
  const widths = useMemo(() => widthsOf(columns, names), [columns, names]);
  const grid = narrow ? narrow_grid : gridOf(columns, widths);
  const end = Math.max(paused_at ?? ring.end, ring.oldest);
  const count = end - ring.oldest;
  const rows = useWindow(scroller, count, height, open === null ? null : end - 1 - open);

  // At what is shown, not at what came since: the rows must not move under a press.
  const pause = useCallback(() => setPausedAt((before) => before ?? end), [end]);
  function resume() {
    setPausedAt(null);
    setOpen(null);
    scroller.current?.scrollTo({ top: 0 });
  }
  const toggle = useCallback(
    (number: number) => {
      pause();
      setOpen((before) => (before === number ? null : number));
    },
    [pause],
  );
  return (
    <div className={narrow ? "live narrow" : "live"}>
      <div className="row">
        <StateText state={state} paused={paused_at !== null} />
        <span className="spacer" />
        <PauseButton paused={paused_at !== null} waiting={ring.end - end} onPause={pause} onResume={resume} />
      </div>
      {state.name === "ended" && <ErrorNotice error={state.error} />}
      {gap !== null && (
        <Notice tone="bad" title={t("live.gap")}>
          <p>{gap}</p>
        </Notice>
      )}
      {/* What scrolls must be reachable by the keyboard. */}
      <div
        ref={scroller}
        className="live-frame"
        role="region"
        aria-label={t("live.title")}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onScroll={(event) => event.currentTarget.scrollTop > 0 && pause()}
      >
        <div
          role="table"
          aria-label={t("live.title")}
          aria-rowcount={count + 1}
          style={{ minWidth: narrow ? 0 : widths.reduce((sum, width) => sum + width, 32) }}
        >
          <div role="rowgroup" className="live-head">
            <div role="row" aria-rowindex={1} className="live-row" style={{ gridTemplateColumns: grid }}>
              <span role="columnheader">
                <span className="visually-hidden">{t("live.details")}</span>
              </span>
              {columns.map((column, at) => (
                <span key={column.id} role="columnheader" className={column.look}>
                  {names[at]}
                </span>
              ))}
            </div>
          </div>
          <div
            role="rowgroup"
            className="live-body"
            style={{ height: rows.total_px }}
            onFocus={pause}
            onPointerDown={pause}
          >
            {Array.from({ length: Math.max(0, rows.end - rows.first) }, (_, at) => {
              const index = rows.first + at;
              const number = end - 1 - index;
              const text = ring.get(number);
              return (
                text !== undefined && (
                  <Row
                    key={number}
                    {...{ number, text, index, columns, zone, catalog, grid }}
                    top={rows.topOf(index)}
                    onToggle={toggle}
                    {...(open === number ? { details, measure: rows.measure } : {})}
                  />
                )
              );
            })}
          </div>
        </div>
        {count === 0 && <p className="muted live-empty">{t("live.empty")}</p>}
      </div>
      <p className="muted live-note">{t("live.note")}</p>
    </div>
  );
}

type RowProps = {
  number: number;
  text: string;
  index: number;
  top: number;
  columns: readonly Column[];
  zone: string;
  catalog: Catalog | undefined;
  grid: string;
  onToggle: (number: number) => void;
  /* Of the open row. */
  details?: (event: LogEvent) => ReactNode;
  measure?: (element: HTMLElement | null) => void;
};

const Row = memo(function Row(props: RowProps) {
  const { number, text, index, top, columns, zone, catalog, grid, onToggle, details, measure } = props;
  const event = useMemo(() => JSON.parse(text) as LogEvent, [text]);
  const cells = useMemo(
    () =>
      columns.map((column) => (
        <span key={column.id} role="cell" className={`${column.look ?? ""} c-${column.id}`}>
          {column.cell(event, { zone, catalog })}
        </span>
      )),
    [event, columns, zone, catalog],
  );
  return (
    <div
      className={details ? "live-item open" : "live-item"}
      role="presentation"
      style={{ transform: `translateY(${top}px)` }}
    >
      <div role="row" aria-rowindex={index + 2} className="live-row" style={{ gridTemplateColumns: grid }}>
        <span role="cell">
          <button
            type="button"
            className="toggle"
            aria-expanded={details !== undefined}
            aria-label={t("live.details_of", { summary: shownText(event.summary, 200) })}
            onClick={() => onToggle(number)}
          >
            <ChevronRight size={16} aria-hidden />
          </button>
        </span>
        {cells}
      </div>
      {details && (
        <div role="row" className="live-details" ref={measure}>
          <div role="cell">{details(event)}</div>
        </div>
      )}
    </div>
  );
});

/* Fixed widths, the same in every row, none less than its header; the wide columns share what is left. */
function pixels(column: Column): number {
  if (column.look === "wide") return 240;
  if (column.look === "number") return 80;
  if (column.look === "mono") return 140;
  return column.id === "time" ? 176 : column.id === "activity" || column.id === "action" ? 200 : 132;
}

/* `names` are the columns' headers, in the font that styles/live.css gives them. */
function widthsOf(columns: readonly Column[], names: readonly string[]): number[] {
  const pen = document.createElement("canvas").getContext("2d");
  if (pen) pen.font = `600 12px ${getComputedStyle(document.documentElement).fontFamily}`;
  return columns.map((column, at) =>
    Math.max(pixels(column), Math.ceil(pen?.measureText(names[at] ?? "").width ?? 0) + 18),
  );
}

function gridOf(columns: readonly Column[], widths: readonly number[]): string {
  const wide = columns.some((column) => column.look === "wide");
  const parts = columns.map((column, at) =>
    column.look === "wide" || (!wide && at === columns.length - 1) ? `minmax(${widths[at]}px, 1fr)` : `${widths[at]}px`,
  );
  return `32px ${parts.join(" ")}`;
}

function StateText({ state, paused }: { state: TailState; paused: boolean }) {
  const text =
    state.name === "waiting"
      ? t("live.state.waiting", { seconds: state.seconds })
      : t(paused && state.name === "live" ? "live.state.paused" : `live.state.${state.name}`);
  return (
    <p className={state.name === "live" && !paused ? "live-state on" : "live-state"} role="status">
      <Radio size={16} aria-hidden />
      {text}
    </p>
  );
}

type PauseProps = { paused: boolean; waiting: number; onPause: () => void; onResume: () => void };

/* One button for both, so that the focus stays where it is. */
function PauseButton({ paused, waiting, onPause, onResume }: PauseProps) {
  const Icon = paused ? Play : Pause;
  return (
    <button type="button" className={paused ? "button primary" : "button"} onClick={paused ? onResume : onPause}>
      <Icon size={16} aria-hidden />
      {!paused && t("live.pause")}
      {paused && (waiting > 0 ? t("live.new", { count: waiting, number: formatNumber(waiting) }) : t("live.resume"))}
    </button>
  );
}
