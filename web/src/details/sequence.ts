/* The shortest edit between two sequences (E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", 1986). */

export type EditKind = "same" | "removed" | "added";

/** One step of an edit. `a` indexes the old sequence (same, removed), `b` the new one (same, added). */
export type Edit = {
  readonly kind: EditKind;
  readonly a: number;
  readonly b: number;
};

/** Edits beyond this distance are told as "all removed, all added": nobody reads them word by word. */
const MAX_DISTANCE = 1000;

function replaceAll(aFrom: number, aTo: number, bFrom: number, bTo: number): Edit[] {
  const edits: Edit[] = [];
  for (let a = aFrom; a < aTo; a++) edits.push({ kind: "removed", a, b: bFrom });
  for (let b = bFrom; b < bTo; b++) edits.push({ kind: "added", a: aTo, b });
  return edits;
}

/** The furthest points per diagonal, one copy for each distance; null when the distance is above the limit. */
function forward(a: readonly string[], b: readonly string[]): Int32Array[] | null {
  const n = a.length;
  const m = b.length;
  const limit = Math.min(n + m, MAX_DISTANCE);
  const reach = new Int32Array(2 * limit + 3);
  const middle = limit + 1;
  const trace: Int32Array[] = [];
  for (let d = 0; d <= limit; d++) {
    trace.push(reach.slice(middle - d - 1, middle + d + 2));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && reach[middle + k - 1]! < reach[middle + k + 1]!);
      let x = down ? reach[middle + k + 1]! : reach[middle + k - 1]! + 1;
      while (x < n && x - k < m && a[x] === b[x - k]) x++;
      reach[middle + k] = x;
      if (x >= n && x - k >= m) return trace;
    }
  }
  return null;
}

function backward(trace: readonly Int32Array[], n: number, m: number): Edit[] {
  const edits: Edit[] = [];
  let x = n;
  let y = m;
  for (let d = trace.length - 1; d >= 0; d--) {
    const reach = trace[d]!;
    const at = (k: number): number => reach[k + d + 1]!;
    const k = x - y;
    const down = k === -d || (k !== d && at(k - 1) < at(k + 1));
    const fromX = d === 0 ? 0 : at(down ? k + 1 : k - 1);
    const fromY = d === 0 ? 0 : fromX - (down ? k + 1 : k - 1);
    while (x > fromX && y > fromY) edits.push({ kind: "same", a: --x, b: --y });
    if (d === 0) break;
    if (down) edits.push({ kind: "added", a: x, b: --y });
    else edits.push({ kind: "removed", a: --x, b: y });
  }
  return edits.reverse();
}

/** The steps that make `b` of `a`, in order. */
export function editScript(a: readonly string[], b: readonly string[]): Edit[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const aTo = a.length - tail;
  const bTo = b.length - tail;
  const edits: Edit[] = [];
  for (let i = 0; i < head; i++) edits.push({ kind: "same", a: i, b: i });
  const trace = forward(a.slice(head, aTo), b.slice(head, bTo));
  const inner = trace
    ? backward(trace, aTo - head, bTo - head).map((e) => ({ kind: e.kind, a: e.a + head, b: e.b + head }))
    : replaceAll(head, aTo, head, bTo);
  for (const edit of inner) edits.push(edit);
  for (let i = 0; i < tail; i++) edits.push({ kind: "same", a: aTo + i, b: bTo + i });
  return edits;
}
