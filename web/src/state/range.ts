/* Ranges of time: presets relative to now, and custom ones. All are half-open, [from, to), and follow the calendar of a zone. */
import {
  type CalendarDate,
  now as nowIn,
  startOfMonth,
  startOfWeek,
  toCalendarDate,
  toZoned,
  type ZonedDateTime,
} from "@internationalized/date";
import { currentLocale } from "../text/text.ts";

export const presets = ["24h", "today", "week", "7d", "30d", "month", "3mo", "6mo", "year", "all"] as const;
export type Preset = (typeof presets)[number];
/* Instants as RFC 3339 in UTC. */
export type Range = { preset: Preset } | { from: string; to: string };
/* What is sent to the server; an absent end is open, so that events of clocks that run ahead are found too. */
export type Bounds = { from?: string; to?: string };

export function isPreset(name: string | null | undefined): name is Preset {
  return presets.includes(name as Preset);
}

const starts: Record<Exclude<Preset, "all">, (now: ZonedDateTime, locale: string) => ZonedDateTime> = {
  "24h": (now) => now.subtract({ hours: 24 }),
  today: (now) => midnight(toCalendarDate(now), now.timeZone),
  week: (now, locale) => midnight(startOfWeek(toCalendarDate(now), locale), now.timeZone),
  "7d": (now) => now.subtract({ days: 7 }),
  "30d": (now) => now.subtract({ days: 30 }),
  month: (now) => midnight(startOfMonth(toCalendarDate(now)), now.timeZone),
  "3mo": (now) => now.subtract({ months: 3 }),
  "6mo": (now) => now.subtract({ months: 6 }),
  year: (now) => now.subtract({ years: 1 }),
};

/* The first moment of a day: where the clocks skip midnight, the moment they skip to. */
export function midnight(day: CalendarDate, zone: string): ZonedDateTime {
  return toZoned(day, zone, "compatible");
}

export function boundsOf(
  range: Range,
  zone: string,
  now: ZonedDateTime = nowIn(zone),
  locale = currentLocale(),
): Bounds {
  if ("from" in range) return { from: range.from, to: range.to };
  if (range.preset === "all") return {};
  return { from: starts[range.preset](now, locale).toDate().toISOString() };
}

/* The days first..last, both included, as a range. */
export function rangeOfDays(first: CalendarDate, last: CalendarDate, zone: string): Range {
  return {
    from: midnight(first, zone).toDate().toISOString(),
    to: midnight(last.add({ days: 1 }), zone)
      .toDate()
      .toISOString(),
  };
}

export function sameRange(a: Range, b: Range): boolean {
  return "preset" in a ? "preset" in b && a.preset === b.preset : "from" in b && a.from === b.from && a.to === b.to;
}
