import { ExternalLink, ListFilter } from "lucide-react";
import type { ReactNode } from "react";
import { eventAddress } from "../details/investigate.ts";
import { methodWords } from "../details/sections.ts";
import { Link } from "../app/router.tsx";
import { termText } from "../state/query.ts";
import { type Search, searchAddress } from "../state/search.ts";
import { formatDateTime, formatDuration, formatNumber } from "../text/format.ts";
import { t } from "../text/text.ts";
import { countryName } from "../ui/countries.ts";
import { Value } from "../ui/Value.tsx";
import { LoginStatus } from "./LoginStatus.tsx";
import type { Login } from "./types.ts";

/* All that is known of one log-in, and the ways to its events. */
export function LoginDetails({ login, zone, search }: { login: Login; zone: string; search: Search }) {
  const time = (instant: string | null) => (instant ? formatDateTime(instant, zone) : t("shell.none"));
  const rows: [string, ReactNode][] = [
    [t("logins.user_name"), <Value key="" text={login.actor.name} />],
    [t("logins.column.email"), <Value key="" text={login.actor.email} />],
    [t("logins.domain"), <Value key="" text={login.actor.domain} />],
    [t("logins.column.status"), <LoginStatus key="" login={login} />],
    [t("logins.at", { zone: zone.replaceAll("_", " ") }), time(login.at)],
    [t("logins.column.ip"), <Value key="" text={login.address} />],
    [t("logins.place"), placeOf(login)],
    [t("logins.agent"), <Value key="" text={login.user_agent} />],
    [t("logins.column.method"), <Value key="" text={methodWords(login.method)} />],
    [t("logins.session_id"), <Value key="" text={login.session} />],
    [t("logins.column.logout"), time(login.logout_at)],
    [t("logins.column.session"), sessionOf(login)],
    [t("logins.failures"), formatNumber(login.failures_since_success)],
    [t("logins.column.last_failed"), time(login.last_failed_at)],
  ];
  const of_user = login.actor.name && `log:auth ${termText("actor.name", [login.actor.name])}`;
  const all = (q: string) => searchAddress({ q, range: search.range }, zone);
  return (
    <div className="stack">
      <dl className="login-facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div className="row">
        <Link to={eventAddress(login)} className="button">
          <ExternalLink size={14} aria-hidden />
          {t("logins.event")}
        </Link>
        {login.logout_id && (
          <Link to={eventAddress({ id: login.logout_id })} className="button">
            <ExternalLink size={14} aria-hidden />
            {t("logins.logout_event")}
          </Link>
        )}
        {login.session && (
          <Link to={all(termText("auth.session", [login.session]))} className="button">
            <ListFilter size={14} aria-hidden />
            {t("logins.session_events")}
          </Link>
        )}
        {of_user && (
          <Link to={all(of_user)} className="button">
            <ListFilter size={14} aria-hidden />
            {t("logins.user_events")}
          </Link>
        )}
        {of_user && login.failures_since_success > 0 && (
          <Link to={all(`${of_user} action:login outcome:failure,denied`)} className="button">
            <ListFilter size={14} aria-hidden />
            {t("logins.failed_events")}
          </Link>
        )}
      </div>
    </div>
  );
}

function placeOf({ geo }: Login): ReactNode {
  const parts = [geo.city, geo.region, geo.country && countryName(geo.country)].filter(Boolean);
  return parts.length > 0 ? <Value text={parts.join(", ")} /> : t("shell.none");
}

function sessionOf(login: Login): string {
  if (login.state === "failed") return t("shell.none");
  return login.duration_s === null ? t("logins.open") : formatDuration(login.duration_s);
}
