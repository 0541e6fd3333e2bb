/* What changed in an event, field by field: scalars as before and after, long text by words, lists and objects by element. */
import type { Change, Json } from "../api/types.ts";
import { editScript } from "./sequence.ts";
import { diffWords, type WordRun } from "./words.ts";

export type ElementKind = "same" | "removed" | "added" | "changed" | "moved";

/** One element of a list or member of an object. `path` is where it is: `days[2]`, `owner.name`; list elements count from 1. */
export type ElementDiff = {
  readonly kind: ElementKind;
  readonly path: string;
  readonly old?: Json;
  readonly new?: Json;
  /** A moved element: where it was, as `path`. */
  readonly from?: string;
  /** Changed long text. */
  readonly words?: readonly WordRun[];
};

type FieldBase = {
  readonly field: string;
  /** Before and after are the same: shown only on demand. */
  readonly unchanged: boolean;
};
export type ScalarDiff = FieldBase & {
  readonly form: "scalar";
  readonly old: Json | undefined;
  readonly new: Json | undefined;
};
export type TextDiff = FieldBase & {
  readonly form: "text";
  readonly old: string;
  readonly new: string;
  readonly words: readonly WordRun[];
};
export type ElementsDiff = FieldBase & {
  readonly form: "elements";
  readonly of: "list" | "object";
  readonly elements: readonly ElementDiff[];
};
export type FieldDiff = ScalarDiff | TextDiff | ElementsDiff;

type JsonObject = Readonly<Record<string, Json>>;

const LONG_TEXT_CHARS = 40;

function isList(value: Json | undefined): value is Json[] {
  return Array.isArray(value);
}
function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The same text for equal values, whatever the order of their members. */
export function canonical(value: Json): string {
  if (isList(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name]!)}`).join(",")}}`;
}

export function equalJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return canonical(a) === canonical(b);
}

/** Text worth comparing by words: long or of several lines, with something kept on both sides. */
function comparedByWords(a: string, b: string): WordRun[] | null {
  const long = Math.max(a.length, b.length) > LONG_TEXT_CHARS || a.includes("\n") || b.includes("\n");
  if (!long || a === "" || b === "" || a === b) return null;
  const words = diffWords(a, b);
  return words.some((run) => run.kind === "same" && /[\p{L}\p{N}]/u.test(run.text)) ? words : null;
}

function memberPath(path: string, name: string): string {
  const plain = /^[\p{L}\p{N}_$-]+$/u.test(name);
  if (!plain) return `${path}[${JSON.stringify(name)}]`;
  return path ? `${path}.${name}` : name;
}

function diffValue(path: string, a: Json, b: Json, out: ElementDiff[]): void {
  if (isObject(a) && isObject(b)) {
    diffMembers(path, a, b, out);
  } else if (isList(a) && isList(b)) {
    diffItems(path, a, b, out);
  } else if (equalJson(a, b)) {
    out.push({ kind: "same", path, old: a, new: b });
  } else {
    const words = typeof a === "string" && typeof b === "string" ? comparedByWords(a, b) : null;
    out.push({ kind: "changed", path, old: a, new: b, ...(words && { words }) });
  }
}

function diffMembers(path: string, a: JsonObject, b: JsonObject, out: ElementDiff[]): void {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const name of names) {
    const at = memberPath(path, name);
    if (!Object.hasOwn(b, name)) out.push({ kind: "removed", path: at, old: a[name]! });
    else if (!Object.hasOwn(a, name)) out.push({ kind: "added", path: at, new: b[name]! });
    else diffValue(at, a[name]!, b[name]!, out);
  }
}

/** What tells an object of a list from its neighbours, so that a changed one is not shown as one gone and one new. */
function identity(value: Json): string | null {
  if (!isObject(value)) return null;
  for (const name of ["id", "key", "name", "uuid"]) {
    const member = Object.hasOwn(value, name) ? value[name] : undefined;
    if (typeof member === "string" || typeof member === "number") return `${name}=${member}`;
  }
  return null;
}

type Loose = {
  readonly index: number;
  taken: boolean;
};

/** Pairs what was removed with what was added under the same key, in order. */
function pairUp(
  removed: readonly number[],
  added: readonly number[],
  a: readonly Json[],
  b: readonly Json[],
  keyOf: (value: Json) => string | null,
): Map<number, number> {
  const waiting = new Map<string, Loose[]>();
  for (const index of removed) {
    const key = keyOf(a[index]!);
    if (key === null) continue;
    const list = waiting.get(key);
    if (list) list.push({ index, taken: false });
    else waiting.set(key, [{ index, taken: false }]);
  }
  const pairs = new Map<number, number>();
  for (const index of added) {
    const key = keyOf(b[index]!);
    const partner = key === null ? undefined : waiting.get(key)?.find((loose) => !loose.taken);
    if (!partner) continue;
    partner.taken = true;
    pairs.set(index, partner.index);
  }
  return pairs;
}

function diffItems(path: string, a: readonly Json[], b: readonly Json[], out: ElementDiff[]): void {
  const edits = editScript(a.map(canonical), b.map(canonical));
  const removed = edits.filter((e) => e.kind === "removed").map((e) => e.a);
  const added = edits.filter((e) => e.kind === "added").map((e) => e.b);
  const moved = pairUp(removed, added, a, b, canonical);
  const movedFrom = new Set(moved.values());
  const changed = pairUp(
    removed.filter((i) => !movedFrom.has(i)),
    added.filter((i) => !moved.has(i)),
    a,
    b,
    identity,
  );
  const paired = new Set([...movedFrom, ...changed.values()]);
  const at = (index: number): string => `${path}[${index + 1}]`;
  for (const edit of edits) {
    if (edit.kind === "same") {
      out.push({ kind: "same", path: at(edit.b), old: a[edit.a]!, new: b[edit.b]! });
    } else if (edit.kind === "removed") {
      if (!paired.has(edit.a)) out.push({ kind: "removed", path: at(edit.a), old: a[edit.a]! });
    } else if (moved.has(edit.b)) {
      out.push({ kind: "moved", path: at(edit.b), from: at(moved.get(edit.b)!), old: b[edit.b]!, new: b[edit.b]! });
    } else if (changed.has(edit.b)) {
      diffValue(at(edit.b), a[changed.get(edit.b)!]!, b[edit.b]!, out);
    } else {
      out.push({ kind: "added", path: at(edit.b), new: b[edit.b]! });
    }
  }
}

/** A list or object on one side only is shown by element too: everything in it came or went. */
function structured(a: Json | undefined, b: Json | undefined): "list" | "object" | null {
  const listOrNothing = (v: Json | undefined): boolean => v === undefined || v === null || isList(v);
  const objectOrNothing = (v: Json | undefined): boolean => v === undefined || v === null || isObject(v);
  if (listOrNothing(a) && listOrNothing(b) && (isList(a) || isList(b))) return "list";
  if (objectOrNothing(a) && objectOrNothing(b) && (isObject(a) || isObject(b))) return "object";
  return null;
}

/** An empty list or object against nothing has no elements to show. */
function sizeOf(value: Json | undefined): number {
  if (isList(value)) return value.length;
  return isObject(value) ? Object.keys(value).length : 0;
}

export function diffChange(change: Change): FieldDiff {
  const { field, old: a, new: b } = change;
  const base = { field, unchanged: "old" in change && "new" in change && equalJson(a, b) };
  const of = sizeOf(a) + sizeOf(b) > 0 ? structured(a, b) : null;
  if (of === "list") {
    const elements: ElementDiff[] = [];
    diffItems("", isList(a) ? a : [], isList(b) ? b : [], elements);
    return { ...base, form: "elements", of, elements };
  }
  if (of === "object") {
    const elements: ElementDiff[] = [];
    diffMembers("", isObject(a) ? a : {}, isObject(b) ? b : {}, elements);
    return { ...base, form: "elements", of, elements };
  }
  const words = typeof a === "string" && typeof b === "string" ? comparedByWords(a, b) : null;
  if (words) return { ...base, form: "text", old: a as string, new: b as string, words };
  return { ...base, form: "scalar", old: a, new: b };
}
