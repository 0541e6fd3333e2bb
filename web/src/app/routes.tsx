/* Every page of the viewer. A page is loaded when it is first opened, with its texts; tabs and menus are made from these rows. */
import type { Me } from "../api/types.ts";
import type { PlainKey } from "../text/catalogue.ts";
import { t } from "../text/text.ts";
import { lazyWithTexts, type LoadedLater } from "./lazy.tsx";
import { may, maySeeLog } from "./session.tsx";

export type Route = {
  /* "/admin" also stands for what is below it. */
  path: string;
  page: LoadedLater<object>;
  /* Shown to whoever is not logged in, too. */
  open?: boolean;
  /* Who may see it; everybody where absent. */
  for?: (me: Me) => boolean;
  /* Its entry in the account's menu. */
  menu?: PlainKey;
};

const search = () => import("../search/SearchPage.tsx");
export const LogInPage = lazyWithTexts(["account"], () => import("../account/LogInPage.tsx"));

export const routes: readonly Route[] = [
  { path: "/search", page: lazyWithTexts(["search", "results"], search) },
  { path: "/login", page: LogInPage, open: true },
  { path: "/setup", page: lazyWithTexts(["account"], () => import("../account/SetupPage.tsx")), open: true },
  {
    path: "/account",
    page: lazyWithTexts(["account"], () => import("../account/AccountPage.tsx")),
    menu: "shell.my_account",
  },
  {
    path: "/admin",
    page: lazyWithTexts(["admin"], () => import("../admin/AdminPage.tsx")),
    for: (me) => may(me, "manage"),
    menu: "shell.administration",
  },
  {
    path: "/logins",
    page: lazyWithTexts(["search", "results", "details", "logins"], () => import("../logins/LoginsPage.tsx")),
    for: (me) => maySeeLog(me, "auth"),
  },
  {
    path: "/insights",
    page: lazyWithTexts(["search", "results", "insights"], () => import("../insights/InsightsPage.tsx")),
  },
  { path: "/event", page: lazyWithTexts(["details"], () => import("../details/EventPage.tsx")) },
  {
    path: "/exports",
    page: lazyWithTexts(["export"], () => import("../export/ExportsPage.tsx")),
    for: (me) => may(me, "export"),
    menu: "shell.exports",
  },
];

export type Tab = { to: string; path: string; log?: string; label: PlainKey; for?: (me: Me) => boolean };

const logTab = (log: string, label: PlainKey): Tab => ({
  to: `/search?log=${log}`,
  path: "/search",
  log,
  label,
  for: (me) => maySeeLog(me, log),
});

const tabs: readonly Tab[] = [
  { to: "/search", path: "/search", log: "", label: "shell.tab.all" },
  logTab("admin", "shell.tab.admin"),
  logTab("panel", "shell.tab.panel"),
  logTab("api", "shell.tab.api"),
  logTab("message", "shell.tab.message"),
  { to: "/logins", path: "/logins", label: "shell.tab.logins", for: (me) => maySeeLog(me, "auth") },
  { to: "/insights", path: "/insights", label: "shell.tab.insights" },
];

/* What a log is called where it is alone, as in the browser's title. */
export function logTitle(log: string): string {
  const tab = tabs.find((known) => known.log === log);
  return log === "" ? t("shell.tab.all") : t("shell.title.log", { log: tab ? t(tab.label) : log });
}

export function routeOf(path: string): Route | undefined {
  const wanted = path === "/" ? "/search" : path;
  return routes.find((route) => wanted === route.path || wanted.startsWith(`${route.path}/`));
}

/* The tabs that this reader may open: those whose page exists and whose log some grant covers. */
export function tabsFor(me: Me): Tab[] {
  if (!may(me, "read")) return [];
  return tabs.filter((tab) => routeOf(tab.path) && (tab.for?.(me) ?? true));
}

/* A tab keeps what is searched for: from log to log all of it, to the other pages tenant, range and zone. Columns and view are each log's own. */
export function tabAddress(tab: Tab, path: string, params: URLSearchParams): string {
  const kept = new URLSearchParams();
  const between_logs = tab.path === "/search" && (path === "/search" || path === "/");
  for (const [name, value] of params)
    if (
      ["tenant", "range", "from", "to", "tz"].includes(name) ||
      (between_logs && !["log", "cols", "open"].includes(name))
    )
      kept.append(name, value);
  if (tab.log) kept.set("log", tab.log);
  const query = kept.toString();
  return query ? `${tab.path}?${query}` : tab.path;
}

export function menuFor(me: Me): Route[] {
  return routes.filter((route) => route.menu && (route.for?.(me) ?? true));
}
