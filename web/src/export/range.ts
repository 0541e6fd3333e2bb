import { formatDateTime } from "../text/format.ts";
import { t } from "../text/text.ts";
import type { Question } from "./question.ts";

const relative = /^now-(\d+)([smhdw])$/;

function edge(text: string, zone: string): string {
  if (text === "now") return t("export.now");
  const found = relative.exec(text);
  if (found) return t(`export.ago.${found[2] as "s" | "m" | "h" | "d" | "w"}`, { count: Number(found[1]) });
  return Number.isNaN(Date.parse(text)) ? text : formatDateTime(text, zone);
}

/* The range of a question in words: half-open, in the reader's zone. */
export function rangeText({ from, to }: Question, zone: string): string {
  if (!from && !to) return t("export.range.all");
  if (!from) return t("export.range.before", { to: edge(to!, zone) });
  if (!to || to === "now") return t("export.range.since", { from: edge(from, zone) });
  return t("export.range.between", { from: edge(from, zone), to: edge(to, zone) });
}
