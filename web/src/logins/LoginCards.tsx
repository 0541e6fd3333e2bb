import { methodWords } from "../details/sections.ts";
import { formatDateTime } from "../text/format.ts";
import { t } from "../text/text.ts";
import { countryName } from "../ui/countries.ts";
import { Value } from "../ui/Value.tsx";
import { nameOf } from "./columns.tsx";
import { LoginDetails } from "./LoginDetails.tsx";
import { LoginStatus, SessionText } from "./LoginStatus.tsx";
import { type LoginRows, LoginToggle } from "./LoginTable.tsx";

/* The same for narrow windows: one card per log-in. */
export function LoginCards({ logins, zone, search, open, onToggle }: LoginRows) {
  return (
    <ul className="plain-list cards" aria-label={t("shell.tab.logins")}>
      {logins.map((login) => (
        <li key={login.id}>
          <article className={open === login.id ? "card open" : "card"}>
            <div className="card-head">
              <LoginToggle login={login} open={open === login.id} onToggle={onToggle} />
              <LoginStatus login={login} />
              <time dateTime={login.at} className="muted">
                {formatDateTime(login.at, zone)}
              </time>
            </div>
            <p className="card-text">
              <Value text={nameOf(login)} />
            </p>
            <p className="card-facts muted">
              <span className="mono">
                <Value text={login.address} />
              </span>
              <span>
                {login.geo.country ? countryName(login.geo.country) : t("shell.none")}
                {login.geo.city && (
                  <>
                    , <Value text={login.geo.city} />
                  </>
                )}
              </span>
              <Value text={methodWords(login.method)} />
              <SessionText login={login} />
            </p>
            {open === login.id && (
              <div className="card-details" id={`details-${login.id}`}>
                <LoginDetails login={login} zone={zone} search={search} />
              </div>
            )}
          </article>
        </li>
      ))}
    </ul>
  );
}
