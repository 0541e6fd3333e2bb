import { type KeyboardEvent, type PointerEvent, useEffect, useId, useRef, useState } from "react";
import { type Catalog, entryOf, labelOf } from "../api/catalog.ts";
import type { Histogram } from "../api/types.ts";
import { formatMinute, formatNumber, formatShort } from "../text/format.ts";
import { t } from "../text/text.ts";
import { shownText } from "../ui/Value.tsx";
import { type Bar, barAt, barsOf, partHeights } from "./bars.ts";

type Props = {
  histogram: Histogram;
  zone: string;
  catalog: Catalog | undefined;
  onZoom: (from: string, to: string) => void;
};

const height = 64;
/* From a bar to a bar, both included. */
type Span = { anchor: number; head: number };

/* Bars of events over time. A press on a bar, a drag across several, or arrow keys and Enter show only those intervals.
   Its numbers are also in a table for whoever cannot see it. */
export default function HistogramView({ histogram, zone, catalog, onZoom }: Props) {
  const bars = barsOf(histogram);
  const names = seriesNames(histogram, catalog);
  const most = Math.max(1, ...bars.map((bar) => bar.total));
  const [frame, width] = useWidth();
  const [span, setSpan] = useState<Span | null>(null);
  const [dragging, setDragging] = useState(false);
  const help = useId();
  const [first, last] = span ? [Math.min(span.anchor, span.head), Math.max(span.anchor, span.head)] : [-1, -1];
  const step = width / Math.max(1, bars.length);
  const place = (event: PointerEvent) =>
    barAt(event.clientX - event.currentTarget.getBoundingClientRect().left, width, bars.length);

  function zoom(from: number, to: number) {
    setSpan(null);
    if (bars[from] && bars[to]) onZoom(bars[from].from, bars[to].to);
  }
  function press(event: KeyboardEvent) {
    const move = { ArrowRight: 1, ArrowLeft: -1, ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
    const edge = { Home: 0, End: bars.length - 1 }[event.key];
    if (event.key === "Enter" && span) zoom(first, last);
    else if (event.key === "Escape" && span) setSpan(null);
    else if (move !== undefined || edge !== undefined) {
      const head = Math.min(bars.length - 1, Math.max(0, edge ?? (span ? span.head + (move ?? 0) : bars.length - 1)));
      setSpan({ anchor: event.shiftKey && span ? span.anchor : head, head });
    } else return;
    event.preventDefault();
  }
  if (bars.length === 0) return null;
  const described = span ? spanText(bars, first, last, names, zone) : t("results.chart");
  return (
    <figure className="chart">
      <div
        ref={frame}
        className="chart-frame"
        role="slider"
        tabIndex={0}
        aria-label={t("results.chart")}
        aria-describedby={help}
        aria-valuemin={0}
        aria-valuemax={bars.length - 1}
        aria-valuenow={span?.head ?? bars.length - 1}
        aria-valuetext={described}
        onKeyDown={press}
        onBlur={() => setSpan(null)}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setDragging(true);
          setSpan({ anchor: place(event), head: place(event) });
        }}
        onPointerMove={(event) => {
          const head = place(event);
          setSpan((before) => (dragging && before ? { ...before, head } : { anchor: head, head }));
        }}
        onPointerLeave={() => {
          if (!dragging) setSpan(null);
        }}
        onPointerCancel={() => setDragging(false)}
        onPointerUp={() => {
          if (dragging) zoom(first, last);
          setDragging(false);
        }}
      >
        <svg width={width} height={height} aria-hidden className="chart-bars">
          {span && (
            <rect className="chart-span" x={first * step} width={(last - first + 1) * step} y={0} height={height} />
          )}
          {bars.map((bar, at) => (
            <BarParts
              key={bar.from}
              bar={bar}
              x={at * step}
              width={step}
              most={most}
              colors={names.map((name) => name.color)}
            />
          ))}
        </svg>
        {span && (
          <div className="chart-tip" style={tipPlace((first + last + 1) / 2 / bars.length)}>
            {described}
          </div>
        )}
      </div>
      <Axis bars={bars} zone={zone} />
      <p id={help} className="visually-hidden">
        {t("results.chart.help")}
      </p>
      <TableTwin bars={bars} names={names} zone={zone} />
    </figure>
  );
}

type Name = { text: string; color: string };

function seriesNames(histogram: Histogram, catalog: Catalog | undefined): Name[] {
  const entries = histogram.by === "action" ? catalog?.actions : catalog?.outcomes;
  return histogram.series.map(({ value, other }) => {
    if (other) return { text: t("results.chart.other"), color: "grey" };
    if (value == null) return { text: t("results.chart.absent"), color: "grey" };
    const color =
      histogram.by === "outcome" && value === "success" ? "blue" : (entryOf(entries, value)?.color ?? "grey");
    return { text: labelOf(entries, value), color };
  });
}

function useWidth() {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!frame.current) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);
  return [frame, width] as const;
}

type PartsProps = { bar: Bar; x: number; width: number; most: number; colors: string[] };

function BarParts({ bar, x, width, most, colors }: PartsProps) {
  const gap = width > 4 ? 1 : 0;
  const heights = partHeights(bar, most, height);
  const tops = heights.map((_, at) => height - heights.slice(0, at + 1).reduce((sum, part) => sum + part, 0));
  return heights.map((part, at) =>
    part === 0 ? null : (
      <rect
        key={at}
        className={`bar ${colors[at] ?? "grey"}`}
        x={x + gap / 2}
        width={Math.max(1, width - gap)}
        y={Math.max(0, tops[at]!)}
        height={part}
      />
    ),
  );
}

function tipPlace(middle: number) {
  return middle < 0.5 ? { insetInlineStart: `${middle * 100}%` } : { insetInlineEnd: `${(1 - middle) * 100}%` };
}

function spanText(bars: readonly Bar[], first: number, last: number, names: readonly Name[], zone: string): string {
  const some = bars.slice(first, last + 1);
  const interval = t("results.chart.interval", {
    from: formatMinute(some[0]!.from, zone),
    to: formatMinute(some[some.length - 1]!.to, zone),
  });
  const count = some.reduce((sum, bar) => sum + bar.total, 0);
  if (count === 0) return t("results.chart.empty_bar", { interval });
  const parts = names
    .map((name, at) => ({
      name: shownText(name.text, 60),
      count: some.reduce((sum, bar) => sum + (bar.parts[at] ?? 0), 0),
    }))
    .filter((part) => part.count > 0)
    .map((part) => `${part.name} ${formatNumber(part.count)}`);
  return t("results.chart.bar", { interval, count, parts: parts.join(", ") });
}

function Axis({ bars, zone }: { bars: readonly Bar[]; zone: string }) {
  const [first, last] = [bars[0]!, bars[bars.length - 1]!];
  const time = Date.parse(last.to) - Date.parse(first.from) < 4 * 86_400_000;
  const middle = bars[Math.floor(bars.length / 2)]!;
  return (
    <div className="chart-axis" aria-hidden>
      <span>{formatShort(first.from, zone, time)}</span>
      {bars.length > 8 && <span>{formatShort(middle.from, zone, time)}</span>}
      <span>{formatShort(last.to, zone, time)}</span>
    </div>
  );
}

function TableTwin({ bars, names, zone }: { bars: readonly Bar[]; names: readonly Name[]; zone: string }) {
  return (
    <div className="visually-hidden">
      <table>
        <caption>{t("results.chart")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("results.chart.start")}</th>
            {names.map((name, at) => (
              <th key={at} scope="col">
                {shownText(name.text, 60)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {bars
            .filter((bar) => bar.total > 0)
            .map((bar) => (
              <tr key={bar.from}>
                <th scope="row">{formatMinute(bar.from, zone)}</th>
                {bar.parts.map((count, at) => (
                  <td key={at}>{formatNumber(count)}</td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
