/* The columns of a log-in report: who, whether it worked, when, from where, for how long. */
import type { ReactNode } from "react";
import { methodWords } from "../details/sections.ts";
import { formatDateTime } from "../text/format.ts";
import { t } from "../text/text.ts";
import { countryName } from "../ui/countries.ts";
import { Value } from "../ui/Value.tsx";
import { LoginStatus, SessionText } from "./LoginStatus.tsx";
import type { Login } from "./types.ts";

/* How its cells are set: monospace, taking a share of the room whatever they hold, or with room for a reason. */
type Column = { look?: "mono" | "shared" | "status"; cell: (login: Login, zone: string) => ReactNode };

const text = (value: string) => <Value text={value} />;
const time = (instant: string | null, zone: string) => (instant ? formatDateTime(instant, zone) : t("shell.none"));

const cells = {
  name: { look: "shared", cell: (login) => text(nameOf(login)) },
  email: { look: "shared", cell: (login) => text(login.actor.email) },
  status: { look: "status", cell: (login) => <LoginStatus login={login} /> },
  success: { cell: (login, zone) => time(login.state === "failed" ? null : login.at, zone) },
  last_failed: { cell: (login, zone) => time(login.last_failed_at, zone) },
  country: { cell: ({ geo }) => text(geo.country && countryName(geo.country)) },
  state: { cell: ({ geo }) => text(geo.region) },
  city: { cell: ({ geo }) => text(geo.city) },
  method: { cell: (login) => text(methodWords(login.method)) },
  ip: { look: "mono", cell: (login) => text(login.address) },
  session: { cell: (login) => <SessionText login={login} /> },
  logout: { cell: (login, zone) => time(login.logout_at, zone) },
} as const satisfies Record<string, Column>;

export type LoginColumn = keyof typeof cells;
export const loginColumns: Readonly<Record<LoginColumn, Column>> = cells;
export const possibleLoginColumns = Object.keys(cells) as LoginColumn[];

/* Those that a window of 1440 pixels has room for; the rest is in the details. */
export const usualLoginColumns: readonly LoginColumn[] = possibleLoginColumns.filter(
  (id) => !["method", "ip", "logout"].includes(id),
);

/* The columns to show: those chosen, in the table's own order, or the usual ones. */
export function loginColumnsFor(chosen: readonly string[] | null): readonly LoginColumn[] {
  return chosen === null ? usualLoginColumns : possibleLoginColumns.filter((id) => chosen.includes(id));
}

export function nameOf(login: Login): string {
  return login.actor.display_name || login.actor.name || login.actor.email;
}
