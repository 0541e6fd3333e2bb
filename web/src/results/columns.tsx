/* The columns of the table: what each shows of an event, and which each log shows unless the reader chooses others. */
import type { ReactNode } from "react";
import { type Catalog, labelOf } from "../api/catalog.ts";
import type { LogEvent } from "../api/types.ts";
import type { Key } from "../text/catalogue.ts";
import { formatDateTime, formatDuration } from "../text/format.ts";
import { t } from "../text/text.ts";
import { Value } from "../ui/Value.tsx";
import { ActionPill, Failure } from "./ActionPill.tsx";
import { ObjectTag } from "./ObjectTag.tsx";

type Show = { zone: string; catalog: Catalog | undefined };
export type Column = {
  id: ColumnId;
  /* How its cells are set: monospace, at the right, or taking what room is left. */
  look?: "mono" | "number" | "wide";
  cell: (event: LogEvent, show: Show) => ReactNode;
};

export function actorName(event: LogEvent): string | undefined {
  if (event.actor.type === "system") return t("results.system");
  return event.actor.name ?? event.actor.display_name ?? event.actor.email ?? event.actor.id;
}

const text = (value: string | number | undefined) => <Value text={value} />;

/* Status and browser of a request, as the panel log's last column. */
function requestDetails(event: LogEvent): string | undefined {
  const parts = [event.http?.status, event.source?.user_agent].filter((part) => part !== undefined && part !== "");
  return parts.length > 0 ? parts.join(" · ") : event.description;
}

function activityText(event: LogEvent, show: Show): string {
  return event.activity || labelOf(show.catalog?.actions, event.action);
}

function outcomeCell(event: LogEvent, show: Show): ReactNode {
  return event.outcome && event.outcome !== "success" ? (
    <Failure outcome={event.outcome} />
  ) : (
    text(event.outcome && labelOf(show.catalog?.outcomes, event.outcome))
  );
}

const cells = {
  seq: { look: "number", cell: (event) => text(String(event.seq)) },
  time: {
    cell: (event, { zone }) => <time dateTime={event.occurred_at}>{formatDateTime(event.occurred_at, zone)}</time>,
  },
  tenant: { cell: (event) => text(event.tenant) },
  log: { cell: (event, { catalog }) => text(labelOf(catalog?.logs, event.log)) },
  product: { cell: (event) => text(event.product) },
  category: { cell: (event) => text(event.category) },
  action: { cell: (event, { catalog }) => <ActionPill event={event} catalog={catalog} /> },
  object: {
    cell: (event, { catalog }) =>
      event.target?.type ? <ObjectTag type={event.target.type} catalog={catalog} /> : text(""),
  },
  target: { cell: (event) => text(event.target?.name || event.target?.id) },
  user: { cell: (event) => text(event.target?.user) },
  domain: { cell: (event) => text(event.target?.domain) },
  ip: { look: "mono", cell: (event) => text(event.source?.ip) },
  actor: { cell: (event) => text(actorName(event)) },
  by_domain: { cell: (event) => text(event.actor.domain) },
  activity: {
    cell: (event, show) => <ActionPill event={event} catalog={show.catalog} text={activityText(event, show)} />,
  },
  outcome: { cell: outcomeCell },
  email: { cell: (event) => text(event.actor.email) },
  method: { look: "mono", cell: (event) => text(event.http?.method) },
  url: { look: "wide", cell: (event) => text(event.http?.url) },
  status: { look: "number", cell: (event) => text(event.http?.status) },
  message_id: { look: "mono", cell: (event) => text(event.message?.id) },
  campaign: { cell: (event) => text(event.message?.campaign) },
  phone: { cell: (event) => text(event.message?.phone) },
  gateway: { cell: (event) => text(event.message?.gateway) },
  error: { look: "wide", cell: (event) => text(event.message?.error) },
  auth_method: { cell: (event) => text(event.auth?.method) },
  duration: {
    look: "number",
    cell: (event) => text(event.auth?.duration_s === undefined ? "" : formatDuration(event.auth.duration_s)),
  },
  country: { cell: (event) => text(event.source?.geo?.country) },
  city: { cell: (event) => text(event.source?.geo?.city) },
  details: { look: "wide", cell: (event) => text(requestDetails(event)) },
  description: { look: "wide", cell: (event) => text(event.description || event.summary) },
} as const satisfies Record<string, Omit<Column, "id">>;

export type ColumnId = keyof typeof cells;
const ids = Object.keys(cells) as ColumnId[];
const columns = new Map<string, Column>(ids.map((id) => [id, { id, ...(cells[id] as Omit<Column, "id">) }]));

const usual: Record<string, readonly ColumnId[]> = {
  "": ["time", "product", "ip", "actor", "activity", "description"],
  admin: ["time", "action", "object", "target", "user", "domain", "description"],
  panel: ["seq", "time", "url", "method", "email", "ip", "details"],
  api: ["seq", "time", "url", "method", "status", "ip"],
  message: ["seq", "time", "message_id", "campaign", "phone", "gateway", "error"],
};

/* What may be shown in a log: the columns that its events can fill. */
const never: Record<string, readonly ColumnId[]> = {
  admin: ["message_id", "campaign", "phone", "gateway", "error", "log", "details"],
  panel: ["message_id", "campaign", "phone", "gateway", "error", "log", "auth_method", "duration"],
  api: ["message_id", "campaign", "phone", "gateway", "error", "log", "auth_method", "duration"],
  message: ["method", "url", "status", "log", "details", "auth_method", "duration"],
};

export function usualColumns(log: string): readonly ColumnId[] {
  return usual[log] ?? usual[""]!;
}

export function possibleColumns(log: string): ColumnId[] {
  return ids.filter((id) => !never[log]?.includes(id));
}

/* The columns to show: those chosen, in the table's own order, or the usual ones of the log. */
export function columnsFor(log: string, chosen: readonly string[] | null): Column[] {
  const shown: readonly string[] =
    chosen === null ? usualColumns(log) : possibleColumns(log).filter((id) => chosen.includes(id));
  return shown.flatMap((id) => columns.get(id) ?? []);
}

export function columnName(id: ColumnId, log: string, zone: string): string {
  if (id === "actor" && log === "admin") return t("results.column.by_user");
  if (id === "time") return t("results.column.time", { zone: zone.replaceAll("_", " ") });
  return t(`results.column.${id}` as Exclude<Key & `results.column.${string}`, "results.column.time">);
}
