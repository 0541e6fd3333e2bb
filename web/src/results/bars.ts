/* The histogram's numbers: sums and heights of its bars, and which interval lies under a place. */
import type { Histogram } from "../api/types.ts";

export type Bar = { from: string; to: string; total: number; parts: number[] };

export function barsOf(histogram: Histogram): Bar[] {
  return histogram.bounds.slice(0, -1).map((from, at) => {
    const parts = histogram.series.map((series) => series.counts[at] ?? 0);
    return { from, to: histogram.bounds[at + 1]!, total: parts.reduce((sum, count) => sum + count, 0), parts };
  });
}

/* Heights of the parts of a bar, from the bottom; a part that is not nothing is at least a pixel high. */
export function partHeights(bar: Bar, most: number, height: number): number[] {
  return bar.parts.map((count) => (count === 0 ? 0 : Math.max(1, (count / most) * height)));
}

export function barAt(x: number, width: number, count: number): number {
  return Math.min(count - 1, Math.max(0, Math.floor((x / width) * count)));
}
