import { ChevronRight } from "lucide-react";
import type { MouseEvent } from "react";
import type { Search } from "../state/search.ts";
import { t } from "../text/text.ts";
import { shownText } from "../ui/Value.tsx";
import { type LoginColumn, loginColumns, loginColumnsFor, nameOf } from "./columns.tsx";
import { LoginDetails } from "./LoginDetails.tsx";
import type { Login } from "./types.ts";

export type LoginRows = {
  logins: readonly Login[];
  zone: string;
  search: Search;
  /* The id of the log-in whose details are shown. */
  open: string | null;
  onToggle: (id: string) => void;
};

export function LoginTable({ logins, zone, search, open, onToggle }: LoginRows) {
  const columns = loginColumnsFor(search.columns);
  return (
    <div className="events-frame">
      <table className="events logins" aria-label={t("shell.tab.logins")}>
        <thead>
          <tr>
            <th scope="col" className="c-toggle">
              <span className="visually-hidden">{t("logins.details")}</span>
            </th>
            {columns.map((id) => (
              <th key={id} scope="col" className={loginColumns[id].look}>
                {t(`logins.column.${id}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {logins.map((login) => (
            <LoginRow key={login.id} {...{ login, columns, zone, search, onToggle }} open={open === login.id} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

export type LoginRowProps = Pick<LoginRows, "zone" | "search" | "onToggle"> & {
  login: Login;
  columns: readonly LoginColumn[];
  open: boolean;
};

function LoginRow({ login, columns, zone, search, open, onToggle }: LoginRowProps) {
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
        {columns.map((id) => (
          <td key={id} className={loginColumns[id].look}>
            {loginColumns[id].cell(login, zone)}
          </td>
        ))}
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
