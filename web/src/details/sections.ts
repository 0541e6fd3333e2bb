/* An event in words: the facts that the details show, in sections, and that Copy details writes down. */
import type { Actor, LogEvent, Target } from "../api/types.ts";
import { formatDuration, formatFull } from "../text/format.ts";
import { t } from "../text/text.ts";
import { known } from "./known.ts";

/** One line: what it is called, what it says. An empty value was not captured. */
export type Fact = {
  readonly label: string;
  readonly value: string;
  /** The field a filter names it by, where it can be filtered. */
  readonly field?: string;
  /** What a filter takes, where it is not the value shown. */
  readonly filterValue?: string;
  /** Said after the value. */
  readonly note?: string;
  /** Identifiers and addresses. */
  readonly mono?: boolean;
};

export type Section = { readonly title: string; readonly facts: readonly Fact[] };

/** "call_queue" is a call queue. */
export function asWords(code: string): string {
  return code.replace(/[_.]+/g, " ").trim();
}

/** Reasons that come in codes, in words; every other reason is the sender's own text. */
export function reasonWords(reason: string): string {
  const text = known(`details.reason.${reason}`);
  return text ?? (/^[a-z0-9]+([_.][a-z0-9]+)+$/.test(reason) ? asWords(reason) : reason);
}

export function outcomeWords(outcome: string | undefined): string {
  return known(`details.outcome.${outcome ?? "success"}`) ?? asWords(outcome ?? "");
}

/** The name a person is called by; "System" for what nobody did by hand. */
export function calledBy(person: Actor | undefined): string {
  if (!person) return "";
  if (person.type === "system") return t("details.system");
  return person.display_name || person.name || person.email || person.id || "";
}

function kindOf(person: Actor): string | undefined {
  if (!person.type || person.type === "user" || person.type === "system") return undefined;
  return known(`details.kind.${person.type}`) ?? asWords(person.type);
}

/** Leaves out what was not captured. */
function captured(facts: readonly Fact[]): Fact[] {
  return facts.filter((fact) => fact.value !== "");
}

function personFacts(person: Actor, prefix: "actor" | "on_behalf_of"): Fact[] {
  const called = calledBy(person);
  const further: Fact[] = [
    { label: t("details.user_name"), value: person.name ?? "", field: `${prefix}.name`, mono: true },
    { label: t("details.user_id"), value: person.id ?? "", field: `${prefix}.id`, mono: true },
    { label: t("details.email"), value: person.email ?? "", field: `${prefix}.email` },
  ];
  return captured(further.filter((fact) => fact.value !== called));
}

function nameFact(person: Actor, prefix: "actor" | "on_behalf_of", label: string): Fact {
  const value = calledBy(person);
  const member =
    person.type === "system" ? "type" : (["display_name", "name", "email", "id"] as const).find((m) => person[m]);
  const filterValue = person.type === "system" ? "system" : value;
  return { label, value, field: member && `${prefix}.${member}`, filterValue, note: kindOf(person) };
}

export function placeOf(event: LogEvent): string {
  const geo = event.source?.geo;
  return [geo?.city, geo?.region, geo?.country].filter(Boolean).join(", ");
}

function whoFacts(event: LogEvent): Fact[] {
  const { actor, source } = event;
  const facts: Fact[] = [
    nameFact(actor, "actor", t("details.performed_by")),
    ...personFacts(actor, "actor"),
    { label: t("details.by_domain"), value: actor.domain ?? "", field: "actor.domain" },
    { label: t("details.from_address"), value: source?.ip ?? "", field: "source.ip", note: placeOf(event), mono: true },
  ];
  const behalf = event.on_behalf_of;
  if (behalf)
    facts.push(nameFact(behalf, "on_behalf_of", t("details.on_behalf_of")), ...personFacts(behalf, "on_behalf_of"));
  return [
    ...facts,
    ...captured([
      { label: t("details.through_address"), value: source?.peer_ip ?? "", field: "source.peer_ip", mono: true },
      { label: t("details.user_agent"), value: source?.user_agent ?? "", field: "source.user_agent" },
    ]),
  ];
}

/** "Call queue: Support EU" as the log of the platform names it. */
export function objectName(target: Target | undefined): string {
  return target?.name || target?.id || "";
}

function affectedFacts(event: LogEvent): Fact[] {
  const target = event.target ?? {};
  const facts: Fact[] = [
    { label: t("details.object"), value: asWords(target.type ?? ""), field: "target.type", filterValue: target.type },
    { label: t("details.object_name"), value: objectName(target), field: target.name ? "target.name" : "target.id" },
    { label: t("details.affected_user"), value: target.user ?? "", field: "target.user" },
    { label: t("details.affected_domain"), value: target.domain ?? "", field: "target.domain" },
  ];
  if (target.id && target.name)
    facts.splice(2, 0, { label: t("details.object_id"), value: target.id, field: "target.id", mono: true });
  for (const further of event.targets ?? []) {
    const parts = [objectName(further), further.user, further.domain].filter((part): part is string => !!part);
    facts.push({
      label: t("details.also_affected"),
      value: parts.join(" · ") || asWords(further.type ?? ""),
      field: further.name ? "target.name" : "target.id",
      filterValue: objectName(further),
      note: parts.length ? asWords(further.type ?? "") : undefined,
    });
  }
  return facts;
}

function whenFacts(event: LogEvent, zone: string): Fact[] {
  const at = event.occurred_at;
  const facts: Fact[] = [
    { label: t("details.occurred"), value: formatFull(at, zone), note: zone.replaceAll("_", " ") },
  ];
  if (zone !== "UTC") facts.push({ label: t("details.occurred_utc"), value: formatFull(at, "UTC") });
  if (event.received_at) facts.push({ label: t("details.received"), value: formatFull(event.received_at, zone) });
  return facts;
}

function whatFacts(event: LogEvent): Fact[] {
  const reason = event.reason ?? "";
  return captured([
    { label: t("details.activity"), value: event.activity ?? "", field: "activity" },
    {
      label: t("details.action"),
      value: known(`details.action.${event.action}`) ?? asWords(event.action),
      field: "action",
      filterValue: event.action,
    },
    {
      label: t("details.outcome"),
      value: outcomeWords(event.outcome),
      field: "outcome",
      filterValue: event.outcome ?? "success",
    },
    { label: t("details.reason"), value: reasonWords(reason), field: "reason", filterValue: reason },
    { label: t("details.description"), value: event.description ?? "" },
    { label: t("details.product"), value: event.product ?? "", field: "product" },
    { label: t("details.category"), value: event.category ?? "", field: "category" },
    {
      label: t("details.log"),
      value: known(`details.log.${event.log}`) ?? asWords(event.log),
      field: "log",
      filterValue: event.log,
    },
    { label: t("details.tenant"), value: event.tenant, field: "tenant", mono: true },
    { label: t("details.event_id"), value: event.id, mono: true },
  ]);
}

function httpFacts(event: LogEvent): Fact[] {
  const http = event.http ?? {};
  return captured([
    { label: t("details.method"), value: http.method ?? "", field: "http.method", mono: true },
    { label: t("details.url"), value: http.url ?? "", field: "http.url", mono: true },
    {
      label: t("details.status"),
      value: http.status === undefined ? "" : String(http.status),
      field: "http.status",
      mono: true,
    },
  ]);
}

function messageFacts(event: LogEvent): Fact[] {
  const message = event.message ?? {};
  return captured([
    { label: t("details.message_id"), value: message.id ?? "", field: "message.id", mono: true },
    { label: t("details.campaign"), value: message.campaign ?? "", field: "message.campaign" },
    { label: t("details.phone"), value: message.phone ?? "", field: "message.phone", mono: true },
    { label: t("details.gateway"), value: message.gateway ?? "", field: "message.gateway" },
    { label: t("details.error"), value: message.error ?? "", field: "message.error" },
  ]);
}

/* "sso:corp" names the provider, too. */
export function methodWords(method: string): string {
  const text = known(`details.method.${method}`);
  return text ?? method.replace(/^sso:(.+)/, (_, provider: string) => `${known("details.method.sso")} (${provider})`);
}

function loginFacts(event: LogEvent): Fact[] {
  const auth = event.auth ?? {};
  const method = auth.method ?? "";
  const seconds = auth.duration_s;
  return captured([
    {
      label: t("details.login_method"),
      value: methodWords(method),
      field: "auth.method",
      filterValue: method,
    },
    { label: t("details.session"), value: auth.session ?? "", field: "auth.session", mono: true },
    { label: t("details.session_duration"), value: seconds === undefined ? "" : formatDuration(seconds) },
  ]);
}

/** Every fact of the event but its changes and parameters, in reading order; sections without facts are left out. */
export function eventSections(event: LogEvent, zone: string): Section[] {
  const sections: Section[] = [
    { title: t("details.section.who"), facts: whoFacts(event) },
    { title: t("details.section.affected"), facts: affectedFacts(event) },
    { title: t("details.section.when"), facts: whenFacts(event, zone) },
    { title: t("details.section.what"), facts: whatFacts(event) },
    { title: t("details.section.login"), facts: loginFacts(event) },
    { title: t("details.section.http"), facts: httpFacts(event) },
    { title: t("details.section.message"), facts: messageFacts(event) },
  ];
  return sections.filter((section) => section.facts.length > 0);
}
