/* What Copy details puts on the clipboard: the whole event in plain text, readable in a ticket or a mail. */
import type { Change, LogEvent } from "../api/types.ts";
import { t } from "../text/text.ts";
import { eventSections } from "./sections.ts";
import { parameterTags } from "./tags.ts";

function changeLine(change: Change): string {
  const side = (name: "old" | "new"): string => (name in change ? JSON.stringify(change[name]) : t("shell.none"));
  return `${change.field}: ${side("old")} -> ${side("new")}`;
}

export function copyText(event: LogEvent, zone: string, link: string): string {
  const lines = [event.summary];
  const heading = (title: string): number => lines.push("", title);
  if (event.changes?.length) {
    heading(t("details.section.changes"));
    for (const change of event.changes) lines.push(changeLine(change));
  }
  for (const section of eventSections(event, zone)) {
    heading(section.title);
    for (const fact of section.facts)
      lines.push(`${fact.label}: ${fact.value || t("shell.none")}${fact.note ? ` (${fact.note})` : ""}`);
  }
  const tags = parameterTags(event.params);
  if (tags.length) {
    heading(t("details.section.parameters"));
    for (const tag of tags) lines.push(`${tag.name}: ${tag.value}`);
  }
  lines.push("", link, "");
  return lines.join("\n");
}
