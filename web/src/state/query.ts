/* The query language (docs/query-language.md) as far as the page must read and write it: terms, quoting, the word at the cursor. */

/* One term of a query; start and end are offsets into it. `field` is "" for a bare word. */
export type Term = { start: number; end: number; text: string; negated: boolean; field: string; value: string };

/* Splits a query into its terms; an unclosed quote reaches to the end. */
export function termsOf(query: string): Term[] {
  const terms: Term[] = [];
  let at = 0;
  while (at < query.length) {
    if (/\s/.test(query[at]!)) {
      at++;
      continue;
    }
    const start = at;
    at = endOfTerm(query, at);
    terms.push(termOf(query.slice(start, at), start));
  }
  return terms;
}

function endOfTerm(query: string, start: number): number {
  let quoted = false;
  let at = start;
  for (; at < query.length; at++) {
    const char = query[at]!;
    if (quoted && char === "\\") at++;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && /\s/.test(char)) break;
  }
  return Math.min(at, query.length);
}

function termOf(text: string, start: number): Term {
  const negated = text.startsWith("-") && text.length > 1;
  const body = negated ? text.slice(1) : text;
  const named = /^([A-Za-z_][\w.-]*):/.exec(body);
  const field = named?.[1] ?? "";
  return { start, end: start + text.length, text, negated, field, value: body.slice(named?.[0].length ?? 0) };
}

/* Writes a value so that it stands for itself, whatever it holds. */
export function quoteValue(value: string): string {
  return /^[\p{L}\p{N}_.@/+#-]+$/u.test(value) && !value.startsWith("-") && !value.includes("..")
    ? value
    : `"${value.replace(/[\\"]/g, "\\$&")}"`;
}

/* Writes a value in which * stands for any text. A blank cannot stand in such a value, so it becomes a * too. */
export function patternValue(value: string): string {
  if (!value.includes("*")) return quoteValue(value);
  const pattern = value.replace(/[\s",\\]+/g, "*");
  return /^\*+$/.test(pattern) ? "*" : pattern;
}

/* field:"a",b; the values are written by `write`. */
export function termText(field: string, values: readonly string[], negated = false, write = quoteValue): string {
  return `${negated ? "-" : ""}${field}:${values.map(write).join(",")}`;
}

export function withTerm(query: string, term: string): string {
  return termsOf(query).some((known) => known.text === term) ? query : `${query.trim()} ${term}`.trim();
}

export function withoutTerm(query: string, index: number): string {
  return termsOf(query)
    .filter((_, at) => at !== index)
    .map((term) => term.text)
    .join(" ");
}

/* What the cursor is in: the name of a field, or a value of one. [start, end) is what a completion replaces. */
export type Cursor =
  | { kind: "name"; typed: string; start: number; end: number }
  | { kind: "value"; field: string; typed: string; start: number; end: number };

export function cursorIn(query: string, caret: number): Cursor {
  const term = termsOf(query).find((known) => known.start <= caret && caret <= known.end);
  if (!term) return { kind: "name", typed: "", start: caret, end: caret };
  const value_start = term.end - term.value.length;
  if (!term.field || caret < value_start) {
    const start = term.start + (term.negated ? 1 : 0);
    return { kind: "name", typed: query.slice(start, caret), start, end: term.field ? value_start : term.end };
  }
  const before = query.slice(value_start, caret);
  const start = value_start + startOfLastValue(before);
  const rest = /^[^\s,]*/.exec(query.slice(caret))?.[0].length ?? 0;
  const typed = query.slice(start, caret).replace(/^"/, "").replace(/\\(.)/g, "$1");
  return { kind: "value", field: term.field, typed, start, end: Math.min(caret + rest, term.end) };
}

/* Where the value after the last comma outside of quotes begins. */
function startOfLastValue(values: string): number {
  let quoted = false;
  let start = 0;
  for (let at = 0; at < values.length; at++) {
    if (quoted && values[at] === "\\") at++;
    else if (values[at] === '"') quoted = !quoted;
    else if (!quoted && values[at] === ",") start = at + 1;
  }
  return start;
}
