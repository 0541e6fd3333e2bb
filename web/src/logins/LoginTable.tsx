import { ChevronRight } from "lucide-react";
import type { MouseEvent } from "react";
import type { Search } from "../state/search.ts";
import { formatDateTime } from "../text/format.ts";
import { t } from "../text/text.ts";
import { countryName } from "../ui/countries.ts";
import { shownText, Value } from "../ui/Value.tsx";
import { LoginDetails } from "./LoginDetails.tsx";
import { LoginStatus, SessionText } from "./LoginStatus.tsx";
import type { Login } from "./types.ts";

export type LoginRows = {
  logins: readonly Login[];
  zone: string;
  search: Search;
  /* The id of the log-in whose details are shown. */
  open: string | null;
  onToggle: (id: string) => void;
};

const columns = [
  "name",
  "email",
  "status",
  "success",
  "last_failed",
  "country",
  "state",
  "city",
  "method",
  "ip",
  "session",
  "logout",
] as const;

/* The columns of a log-in report: who, whether it worked, when, from where, for how long. */
export function LoginTable({ logins, zone, search, open, onToggle }: LoginRows) {
  return (
    <div className="table-frame">
      <table className="events logins" aria-label={t("shell.tab.logins")}>
        <thead>
          <tr>
            <th scope="col" className="c-toggle">
              <span className="visually-hidden">{t("logins.details")}</span>
            </th>
            {columns.map((name) => (
              <th key={name} scope="col">
                {t(`logins.column.${name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {logins.map((login) => (
            <LoginRow key={login.id} {...{ login, zone, search, onToggle }} open={open === login.id} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

export type LoginRowProps = Pick<LoginRows, "zone" | "search" | "onToggle"> & { login: Login; open: boolean };

function LoginRow({ login, zone, search, open, onToggle }: LoginRowProps) {
  const time = (instant: string | null) => (instant ? formatDateTime(instant, zone) : t("shell.none"));
  const press = (event: MouseEvent) => {
    if (!(event.target as Element).closest("a, button") && !getSelection()?.toString()) onToggle(login.id);
  };
  return (
    <>
      {/* The button in the first cell is the way for the keyboard; the row only makes its target larger. */}
      <tr className={open ? "event open" : "event"} onClick={press}>
        <td className="c-toggle">
          <LoginToggle login={login} open={open} onToggle={onToggle} />
        </td>
        <td>
          <Value text={nameOf(login)} />
        </td>
        <td>
          <Value text={login.actor.email} />
        </td>
        <td>
          <LoginStatus login={login} />
        </td>
        <td>{login.state === "failed" ? t("shell.none") : time(login.at)}</td>
        <td>{time(login.last_failed_at)}</td>
        <td>{login.geo.country ? countryName(login.geo.country) : t("shell.none")}</td>
        <td>
          <Value text={login.geo.region} />
        </td>
        <td>
          <Value text={login.geo.city} />
        </td>
        <td>
          <Value text={login.method} />
        </td>
        <td className="mono">
          <Value text={login.address} />
        </td>
        <td>
          <SessionText login={login} />
        </td>
        <td>{time(login.logout_at)}</td>
      </tr>
      {open && (
        <tr className="event-details" id={`details-${login.id}`}>
          <td colSpan={columns.length + 1}>
            <div className="event-details-box">
              <LoginDetails login={login} zone={zone} search={search} />
            </div>
          </td>
        </tr>
      )}
    </>
  );
}

export function nameOf(login: Login): string {
  return login.actor.display_name || login.actor.name || login.actor.email;
}

export function LoginToggle({ login, open, onToggle }: Pick<LoginRowProps, "login" | "open" | "onToggle">) {
  return (
    <button
      type="button"
      className="toggle"
      aria-expanded={open}
      aria-controls={open ? `details-${login.id}` : undefined}
      aria-label={t("logins.details_of", { name: shownText(nameOf(login), 100) })}
      onClick={() => onToggle(login.id)}
    >
      <ChevronRight size={16} aria-hidden />
    </button>
  );
}
