import { Building2, CircleUser, Clock, Moon, Sun, SunMoon } from "lucide-react";
import { lazy, useEffect, useRef } from "react";
import type { Me, Tenants } from "../api/types.ts";
import { useRequest } from "../api/use_request.ts";
import { changeSettings, type Theme, useSettings } from "../state/settings.ts";
import { chooseZone, useZone } from "../state/zone.ts";
import { zoneLabel } from "../text/format.ts";
import { t } from "../text/text.ts";
import { PopupButton } from "../ui/PopupButton.tsx";
import { Link, navigate, useAddress } from "./router.tsx";
import { type Tab, tabAddress, tabsFor } from "./routes.tsx";
import { may, rootTenant } from "./session.tsx";

const ZonePicker = lazy(async () => ({ default: (await import("../popups.ts")).ZonePicker }));
const TenantPicker = lazy(async () => ({ default: (await import("../popups.ts")).TenantPicker }));
const AccountMenu = lazy(async () => ({ default: (await import("../popups.ts")).AccountMenu }));

/* `embedded`: in a page of another site, which has its own name, theme and account. */
export function Header({ me, embedded }: { me: Me; embedded?: boolean }) {
  const tabs = tabsFor(me);
  return (
    <header className="header">
      {!embedded && <Brand />}
      {tabs.length > 0 && <Tabs tabs={tabs} />}
      <div className="header-tools">
        {may(me, "read") && <TenantButton me={me} />}
        <ZoneButton />
        {!embedded && (
          <>
            <ThemeButton />
            <PopupButton
              className="button quiet icon-only"
              label={t("shell.account", { name: me.display_name || me.name })}
              popup={(close) => <AccountMenu onClose={close} />}
            >
              <CircleUser size={18} aria-hidden />
            </PopupButton>
          </>
        )}
      </div>
    </header>
  );
}

function Brand() {
  return (
    <Link to="/search" className="brand">
      <svg viewBox="0 0 32 32" width="20" height="20" aria-hidden>
        <rect x="4" y="3" width="24" height="26" rx="4" className="brand-page" />
        <path d="M10 10h12M10 16h12M10 22h7" className="brand-lines" />
      </svg>
      <span className="brand-name">{t("shell.name")}</span>
    </Link>
  );
}

function Tabs({ tabs }: { tabs: Tab[] }) {
  const { path, params } = useAddress();
  const shown = path === "/" ? "/search" : path;
  const log = params.get("log") ?? "";
  const nav = useRef<HTMLElement>(null);
  useEffect(() => showCurrent(nav.current), [shown, log]);
  return (
    <nav ref={nav} className="tabs" aria-label={t("shell.logs")}>
      {tabs.map((tab) => (
        <Link
          key={tab.to}
          to={tabAddress(tab, shown, params)}
          className="tab"
          aria-current={shown === tab.path && (tab.log === undefined || tab.log === log) ? "page" : undefined}
        >
          {t(tab.label)}
        </Link>
      ))}
    </nav>
  );
}

/* Scrolls the tabs, not the page, until the current one is in their middle. */
function showCurrent(nav: HTMLElement | null) {
  const tab = nav?.querySelector("[aria-current]");
  if (!nav || !tab) return;
  const [all, one] = [nav.getBoundingClientRect(), tab.getBoundingClientRect()];
  nav.scrollLeft += one.left + one.width / 2 - (all.left + all.width / 2);
}

/* The tenant whose subtree is shown is part of the address; pages read it from there. Whoever may see one tenant alone has nothing to choose. */
function TenantButton({ me }: { me: Me }) {
  const { path, params } = useAddress();
  const tenant = params.get("tenant") ?? "";
  const root = rootTenant(me);
  const { data, error } = useRequest<Tenants>(root ? "/v1/tenants" : null, { prefix: root, limit: 2 });
  const known = data?.tenants.find((one) => one.tenant === root);
  const all = root ? known?.display_name || root : t("shell.tenant.all");
  const several = !root || tenant || error !== undefined || data?.tenants.some((one) => one.tenant !== root);
  function choose(chosen: string) {
    const next = new URLSearchParams(params);
    next.delete("tenant");
    next.delete("open");
    if (chosen) next.set("tenant", chosen);
    const query = next.toString();
    // Where the page's own tenant is in its path, the chosen one takes its place.
    const page = path.replace(/^(\/admin\/(embedding|insights))\/.*/, "$1");
    navigate(query ? `${page}?${query}` : page);
  }
  if (!several)
    return (
      <span className="tenant-only" title={t("shell.tenant.change", { tenant: root })}>
        <Building2 size={16} aria-hidden />
        <span className="visually-hidden">{t("shell.tenant")}: </span>
        <bdi className="tenant-name">{all}</bdi>
      </span>
    );
  return (
    <PopupButton
      className="button quiet tenant-button"
      label={t("shell.tenant.change", { tenant: tenant || all })}
      popup={(close) => (
        <TenantPicker
          chosen={tenant}
          root={root}
          onChoose={(chosen) => {
            close();
            choose(chosen);
          }}
        />
      )}
    >
      <Building2 size={16} aria-hidden />
      <bdi className="tenant-name">{tenant || all}</bdi>
    </PopupButton>
  );
}

function ZoneButton() {
  const zone = useZone();
  return (
    <PopupButton
      className="button quiet zone-button"
      label={t("shell.zone.change", { zone: zoneLabel(zone) })}
      popup={(close) => (
        <ZonePicker
          chosen={zone}
          onChoose={(chosen) => {
            chooseZone(chosen);
            close();
          }}
        />
      )}
    >
      <Clock size={16} aria-hidden />
      <span className="zone-name">{zone === "UTC" ? "UTC" : (zone.split("/").pop() ?? zone).replaceAll("_", " ")}</span>
    </PopupButton>
  );
}

const nextTheme: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const themeIcon = { system: SunMoon, light: Sun, dark: Moon };

function ThemeButton() {
  const { theme } = useSettings();
  const Icon = themeIcon[theme];
  const label = `${t("shell.theme")}: ${t(`shell.theme.${theme}`)}`;
  return (
    <button
      type="button"
      className="button quiet icon-only"
      aria-label={label}
      title={label}
      onClick={() => changeSettings({ theme: nextTheme[theme] })}
    >
      <Icon size={18} aria-hidden />
    </button>
  );
}
