/* Long text compared word by word. */
import { editScript, type EditKind } from "./sequence.ts";

/** A run of text that was kept, taken out or put in. */
export type WordRun = {
  readonly kind: EditKind;
  readonly text: string;
};

/** Words, blanks and marks, each by itself; joined they are the text again. */
export function splitWords(text: string): string[] {
  const segments = new Intl.Segmenter(undefined, { granularity: "word" }).segment(text);
  return Array.from(segments, (s) => s.segment);
}

/** A single blank between two replaced words reads better inside the replacement than as an island. */
function joinIslands(runs: WordRun[]): WordRun[] {
  const out: WordRun[] = [];
  let removed = "";
  let added = "";
  const flush = (): void => {
    if (removed) out.push({ kind: "removed", text: removed });
    if (added) out.push({ kind: "added", text: added });
    removed = added = "";
  };
  runs.forEach((run, i) => {
    const island =
      run.kind === "same" && /^[ \t]+$/.test(run.text) && removed !== "" && added !== "" && i + 1 < runs.length;
    if (island) {
      removed += run.text;
      added += run.text;
    } else if (run.kind === "removed") removed += run.text;
    else if (run.kind === "added") added += run.text;
    else {
      flush();
      out.push(run);
    }
  });
  flush();
  return out;
}

/** What became of `before`, as runs; the runs without the added ones are `before`, those without the removed ones `after`. */
export function diffWords(before: string, after: string): WordRun[] {
  const a = splitWords(before);
  const b = splitWords(after);
  const runs: { kind: EditKind; text: string }[] = [];
  for (const edit of editScript(a, b)) {
    const text = (edit.kind === "added" ? b[edit.b] : a[edit.a])!;
    const last = runs[runs.length - 1];
    if (last?.kind === edit.kind) last.text += text;
    else runs.push({ kind: edit.kind, text });
  }
  return joinIslands(runs);
}

/** A run as it is drawn: kept text far from every change is cut; `cut` counts the characters left out. */
export type DrawnRun = WordRun & {
  readonly cut?: number;
};

const CONTEXT_CHARS = 60;
const LEAST_CUT_CHARS = 40;

/** Whole characters: never between the two halves of a surrogate pair. */
function boundary(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at + 1 : at;
}

/** The runs with long kept stretches shortened around the changes. */
export function shortenRuns(runs: readonly WordRun[]): DrawnRun[] {
  const out: DrawnRun[] = [];
  runs.forEach((run, i) => {
    const before = i > 0 ? CONTEXT_CHARS : 0;
    const after = i < runs.length - 1 ? CONTEXT_CHARS : 0;
    if (run.kind !== "same" || run.text.length < before + after + LEAST_CUT_CHARS) {
      out.push(run);
      return;
    }
    const from = boundary(run.text, before);
    const to = boundary(run.text, run.text.length - after);
    if (from > 0) out.push({ kind: "same", text: run.text.slice(0, from) });
    out.push({ kind: "same", text: "", cut: to - from });
    if (to < run.text.length) out.push({ kind: "same", text: run.text.slice(to) });
  });
  return out;
}
