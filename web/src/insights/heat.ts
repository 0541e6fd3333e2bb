/* Counts per hour as a table of weekdays and hours of the reader's zone, each cell knowing the spans that it sums up. */

export type Cell = { count: number; spans: Span[] };
/* [from, to) as RFC 3339. */
export type Span = { from: string; to: string };
/* By weekday (0: Monday), then by hour. */
export type Heat = { cells: Cell[][]; total: number; most: number };

const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/* `bounds` and `counts` as GET /v1/histogram answers them for hours. An hour that the clocks repeat counts twice in its cell. */
export function heatOf(bounds: readonly string[], counts: readonly number[], zone: string): Heat {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    weekday: "short",
    hour: "2-digit",
    hourCycle: "h23",
  });
  const cells = days.map(() => Array.from({ length: 24 }, (): Cell => ({ count: 0, spans: [] })));
  let total = 0;
  counts.forEach((count, at) => {
    if (count === 0) return;
    const parts = format.formatToParts(new Date(bounds[at]!));
    const part = (type: string) => parts.find((known) => known.type === type)?.value ?? "";
    const cell = cells[days.indexOf(part("weekday"))]![Number(part("hour"))]!;
    cell.count += count;
    cell.spans.push({ from: bounds[at]!, to: bounds[at + 1]! });
    total += count;
  });
  const most = Math.max(0, ...cells.flat().map((cell) => cell.count));
  return { cells, total, most };
}

/* How strongly a cell is tinted, 0 (nothing) to 5 (the most). */
export function tint(count: number, most: number): number {
  return count === 0 ? 0 : Math.max(1, Math.ceil(5 * (count / most) ** 0.7));
}

/* The term that finds the events of these spans: the language's ranges include both ends, so they end a microsecond earlier. */
export function spansTerm(spans: readonly Span[]): string {
  const before = (instant: string) => new Date(Date.parse(instant) - 1).toISOString().replace("Z", "999Z");
  return `occurred_at:${spans.map(({ from, to }) => `${from}..${before(to)}`).join(",")}`;
}

/* The weekdays (0: Monday) in the order of the reader's calendar. */
export function weekOrder(locale: string): number[] {
  type WithWeek = Intl.Locale & { getWeekInfo?: () => { firstDay: number }; weekInfo?: { firstDay: number } };
  const known = new Intl.Locale(locale) as WithWeek;
  const first = (known.getWeekInfo?.() ?? known.weekInfo)?.firstDay ?? 1;
  return Array.from({ length: 7 }, (_, at) => (first - 1 + at) % 7);
}
