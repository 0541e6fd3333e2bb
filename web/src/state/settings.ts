/* What a reader chose for this browser: theme, zone, language. Kept in localStorage where the browser allows it. */
import { useSyncExternalStore } from "react";
import { stored } from "../api/client.ts";
import { type Language, languages } from "../text/text.ts";

export type Theme = "system" | "light" | "dark";
export type Settings = {
  theme: Theme;
  language: Language;
  zone: string /* IANA name */;
  shortcuts: boolean;
  histogram: boolean;
};

const name = "daybook.settings";
/* Embedded in another site's page they live as long as the page: what its reader chose there is not this browser's choice. */
const kept = typeof location !== "undefined" && location.pathname !== "/embed";
const listeners = new Set<() => void>();
const zones = new Map<string, boolean>(); // whether they are known: asking takes long
let settings = initialSettings();

export function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

function initialSettings(): Settings {
  const own = typeof navigator !== "undefined" && navigator.language.startsWith("de") ? "de" : "en";
  const defaults: Settings = { theme: "system", language: own, zone: localZone(), shortcuts: true, histogram: true };
  const before = kept ? stored(() => JSON.parse(localStorage.getItem(name) ?? "{}") as Partial<Settings>) : undefined;
  const merged = { ...defaults, ...before };
  if (!isZone(merged.zone)) merged.zone = defaults.zone;
  if (!languages.includes(merged.language)) merged.language = defaults.language;
  return merged;
}

export function isZone(zone: string): boolean {
  let known = zones.get(zone);
  if (known === undefined) zones.set(zone, (known = isKnown(zone)));
  return known;
}

function isKnown(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

export function getSettings(): Settings {
  return settings;
}

export function changeSettings(change: Partial<Settings>): void {
  settings = { ...settings, ...change };
  if (kept) stored(() => localStorage.setItem(name, JSON.stringify(settings)));
  applyTheme();
  for (const listener of listeners) listener();
}

export function useSettings(): Settings {
  return useSyncExternalStore(onSettings, getSettings);
}

/* Calls `listener` after each change until the function returned is called. */
export function onSettings(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/* styles/tokens.css follows data-theme; without it, the system. */
export function applyTheme(): void {
  const root = document.documentElement;
  if (settings.theme === "system") delete root.dataset.theme;
  else root.dataset.theme = settings.theme;
}
