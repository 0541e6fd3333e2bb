/* Dates, numbers and zones as the reader's locale writes them. Instants are RFC 3339 texts or Dates; zones are IANA names. */
import { currentLocale } from "./text.ts";

const formats = new Map<string, Intl.DateTimeFormat>();

function dateFormat(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const locale = currentLocale();
  const key = `${locale} ${zone} ${JSON.stringify(options)}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(locale, { timeZone: zone, hourCycle: "h23", ...options });
    formats.set(key, format);
  }
  return format;
}

const toDate = (instant: string | Date) => (typeof instant === "string" ? new Date(instant) : instant);
const day = { year: "numeric", month: "short", day: "2-digit" } as const;
const minute = { hour: "2-digit", minute: "2-digit" } as const;

/* "Nov 28, 2026, 21:57:44" */
export function formatDateTime(instant: string | Date, zone: string): string {
  return dateFormat(zone, { ...day, ...minute, second: "2-digit" }).format(toDate(instant));
}

/* "Nov 28, 2026, 21:57" */
export function formatMinute(instant: string | Date, zone: string): string {
  return dateFormat(zone, { ...day, ...minute }).format(toDate(instant));
}

/* "Nov 28, 2026" */
export function formatDay(instant: string | Date, zone: string): string {
  return dateFormat(zone, day).format(toDate(instant));
}

/* "21:57" */
export function formatTime(instant: string | Date, zone: string): string {
  return dateFormat(zone, minute).format(toDate(instant));
}

/* "Nov 28" or, with the time, "Nov 28, 21:57": for axes. */
export function formatShort(instant: string | Date, zone: string, time: boolean): string {
  return dateFormat(zone, { month: "short", day: "2-digit", ...(time ? minute : {}) }).format(toDate(instant));
}

/* "Saturday, November 28, 2026 at 21:57:44.123456 UTC+01:00": nothing left out. */
export function formatFull(instant: string, zone: string): string {
  const fraction = /\.(\d+)/.exec(instant)?.[1];
  const text = dateFormat(zone, { dateStyle: "full", timeStyle: "medium" }).format(toDate(instant));
  return `${text}${fraction ? `.${fraction}` : ""} ${zoneOffset(zone, instant)}`;
}

/* "UTC+01:00": the zone's offset at an instant (now where none is given). */
export function zoneOffset(zone: string, instant: string | Date = new Date()): string {
  const key = `offset ${zone}`;
  const format = formats.get(key) ?? new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  formats.set(key, format);
  const parts = format.formatToParts(toDate(instant));
  const name = parts.find((part) => part.type === "timeZoneName")?.value ?? "GMT";
  // Engines differ in what they call no offset: "GMT" or "GMT+00:00".
  if (name === "GMT" || zone === "UTC") return zone === "UTC" ? zone : "UTC+00:00";
  return name.replace("GMT", "UTC");
}

/* "Europe/Berlin (UTC+01:00)" */
export function zoneLabel(zone: string): string {
  return zone === "UTC" ? "UTC" : `${zone.replaceAll("_", " ")} (${zoneOffset(zone)})`;
}

export function formatNumber(value: number): string {
  return value.toLocaleString(currentLocale());
}

/* "1 h 02 min", "45 s" */
export function formatDuration(seconds: number): string {
  const unit = (value: number, name: "day" | "hour" | "minute" | "second") =>
    new Intl.NumberFormat(currentLocale(), { style: "unit", unit: name, unitDisplay: "narrow" }).format(value);
  if (seconds < 60) return unit(seconds, "second");
  if (seconds < 3600) return `${unit(Math.floor(seconds / 60), "minute")} ${unit(Math.floor(seconds % 60), "second")}`;
  if (seconds < 86_400)
    return `${unit(Math.floor(seconds / 3600), "hour")} ${unit(Math.floor((seconds % 3600) / 60), "minute")}`;
  return `${unit(Math.floor(seconds / 86_400), "day")} ${unit(Math.floor((seconds % 86_400) / 3600), "hour")}`;
}

const steps: readonly [number, Intl.RelativeTimeFormatUnit][] = [
  [60, "second"],
  [3600, "minute"],
  [86_400, "hour"],
  [7 * 86_400, "day"],
];

/* "5 minutes ago"; past a week the day itself. */
export function formatAgo(instant: string, zone: string, now = new Date()): string {
  const seconds = (toDate(instant).getTime() - now.getTime()) / 1000;
  let size = 1;
  for (const [limit, unit] of steps) {
    if (Math.abs(seconds) < limit)
      return new Intl.RelativeTimeFormat(currentLocale(), { numeric: "auto" }).format(Math.round(seconds / size), unit);
    size = limit;
  }
  return formatDay(instant, zone);
}
