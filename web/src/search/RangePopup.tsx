import {
  type CalendarDate,
  now,
  parseAbsolute,
  parseDateTime,
  toCalendarDate,
  toCalendarDateTime,
  toZoned,
  type ZonedDateTime,
} from "@internationalized/date";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { CalendarCell, CalendarGrid, RangeCalendar } from "react-aria-components/RangeCalendar";
import { Heading } from "react-aria-components/Heading";
import { boundsOf, midnight, presets, type Range } from "../state/range.ts";
import { zoneLabel } from "../text/format.ts";
import { t } from "../text/text.ts";

type Props = { range: Range; zone: string; onApply: (range: Range) => void; onClose: () => void };

/* Presets at one press, or days and minutes of one's own in the zone shown. */
export default function RangePopup({ range, zone, onApply, onClose }: Props) {
  const [from, setFrom] = useState<ZonedDateTime | null>(() => startOf(range, zone));
  const [to, setTo] = useState<ZonedDateTime | null>(() => endOf(range, zone));
  const right = from !== null && to !== null && from.compare(to) < 0;
  return (
    <div className="range-popup">
      <ul className="plain-list range-presets" aria-label={t("search.range.custom")}>
        {presets.map((preset) => (
          <li key={preset}>
            <button
              type="button"
              className="menu-link"
              aria-pressed={"preset" in range && range.preset === preset}
              onClick={() => onApply({ preset })}
            >
              {t(`search.range.${preset}`)}
            </button>
          </li>
        ))}
      </ul>
      <div className="range-custom stack">
        <Days
          from={from}
          to={to}
          onChange={(first, last) => {
            setFrom(midnight(first, zone));
            setTo(midnight(last.add({ days: 1 }), zone));
          }}
        />
        <Moment label={t("search.range.from")} value={from} zone={zone} onChange={setFrom} />
        <Moment label={t("search.range.to")} value={to} zone={zone} onChange={setTo} />
        <p className="muted">{t("search.range.zone", { zone: zoneLabel(zone) })}</p>
        {from && to && !right && (
          <p className="field-error" role="alert">
            {t("search.range.wrong")}
          </p>
        )}
        <div className="row end">
          <button type="button" className="button" onClick={onClose}>
            {t("search.cancel")}
          </button>
          <button
            type="button"
            className="button primary"
            disabled={!right}
            onClick={() => from && to && onApply({ from: from.toDate().toISOString(), to: to.toDate().toISOString() })}
          >
            {t("search.apply")}
          </button>
        </div>
      </div>
    </div>
  );
}

function startOf(range: Range, zone: string): ZonedDateTime {
  const from = boundsOf(range, zone).from;
  return from
    ? parseAbsolute(from, zone).set({ second: 0, millisecond: 0 })
    : midnight(toCalendarDate(now(zone)), zone);
}

/* Presets are open towards the future; as a range of one's own they end with today. */
function endOf(range: Range, zone: string): ZonedDateTime {
  if ("from" in range) return parseAbsolute(range.to, zone).set({ second: 0, millisecond: 0 });
  return toZoned(toCalendarDate(now(zone)).add({ days: 1 }), zone);
}

type DaysProps = {
  from: ZonedDateTime | null;
  to: ZonedDateTime | null;
  onChange: (first: CalendarDate, last: CalendarDate) => void;
};

function Days({ from, to, onChange }: DaysProps) {
  const value =
    from && to && from.compare(to) < 0
      ? { start: toCalendarDate(from), end: toCalendarDate(to.subtract({ milliseconds: 1 })) }
      : null;
  return (
    <RangeCalendar
      aria-label={t("search.range.days")}
      className="calendar"
      value={value}
      {...(value ? { defaultFocusedValue: value.end } : {})}
      onChange={({ start, end }) => onChange(toCalendarDate(start), toCalendarDate(end))}
    >
      <div className="calendar-head">
        <Button slot="previous" className="button quiet icon-only" aria-label={t("search.range.earlier")}>
          <ChevronLeft size={16} aria-hidden className="mirrored" />
        </Button>
        <Heading className="calendar-title" />
        <Button slot="next" className="button quiet icon-only" aria-label={t("search.range.later")}>
          <ChevronRight size={16} aria-hidden className="mirrored" />
        </Button>
      </div>
      <CalendarGrid className="calendar-grid">
        {(date) => <CalendarCell date={date} className="calendar-cell" />}
      </CalendarGrid>
    </RangeCalendar>
  );
}

type MomentProps = {
  label: string;
  value: ZonedDateTime | null;
  zone: string;
  onChange: (value: ZonedDateTime | null) => void;
};

/* A day and a minute, in the browser's own control: small, known to its users, and written as they write dates. */
function Moment({ label, value, zone, onChange }: MomentProps) {
  const [text, setText] = useState("");
  const [shown, setShown] = useState<ZonedDateTime | null>(null);
  if (value !== shown && (value === null || shown === null || value.compare(shown) !== 0)) {
    setShown(value);
    if (value) setText(toCalendarDateTime(value).toString().slice(0, "2026-11-28T21:57".length));
  }
  return (
    <label className="field">
      <span className="label">{label}</span>
      <input
        type="datetime-local"
        className="input"
        max="9999-12-31T23:59"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          onChange(momentOf(event.target.value, zone));
        }}
      />
    </label>
  );
}

/* Where the clocks skip a time, the one that they skip to; where they show one twice, the first. */
function momentOf(text: string, zone: string): ZonedDateTime | null {
  try {
    return toZoned(parseDateTime(text), zone);
  } catch {
    return null;
  }
}
