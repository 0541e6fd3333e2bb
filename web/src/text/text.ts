/* The interface's texts in the language chosen. Areas are loaded with the page that needs them (loadTexts); t() fills one text in. */
import type { Area, Catalogue, Key } from "./catalogue.ts";
import shell from "./en/shell.ts";
import type { Message, Texts, Values } from "./message.ts";

export type Language = "en" | "de";
export const languages: readonly Language[] = ["en", "de"];

let language: Language = "en";
let plural = new Intl.PluralRules("en");
let texts: Record<string, Message> = { ...shell };
const loaded = new Set<string>(["en/shell"]);

export function currentLanguage(): Language {
  return language;
}

/* The locale for dates and numbers: the browser's own variant of the chosen language where there is one. */
export function currentLocale(): string {
  const variants = typeof navigator === "undefined" ? [] : navigator.languages;
  return variants.find((tag) => tag.split("-")[0] === language) ?? (language === "de" ? "de-DE" : "en-US");
}

/* Changes the language; the caller renders everything anew. */
export async function switchLanguage(wanted: Language): Promise<void> {
  const areas = [...loaded].filter((name) => name.startsWith(`${language}/`)).map((name) => name.slice(3) as Area);
  language = wanted;
  plural = new Intl.PluralRules(wanted);
  await Promise.all(["shell" as const, ...areas].map((area) => loadTexts(area, true)));
}

/* Makes the texts of an area available to t(). */
export async function loadTexts(area: Area, again = false): Promise<void> {
  const wanted = language;
  if (loaded.has(`${wanted}/${area}`) && !again) return;
  const module = (await (wanted === "de" ? import(`./de/${area}.ts`) : import(`./en/${area}.ts`))) as {
    default: Texts;
  };
  if (wanted !== language) return;
  loaded.add(`${wanted}/${area}`);
  texts = { ...texts, ...module.default };
}

export function t<K extends Key>(key: K, ...[values]: Values<Catalogue[K]>): string {
  return fill(texts[key] ?? key, values);
}

/* Fills in {names}; numbers are written as the language writes them. */
export function fill(message: Message, values?: Record<string, string | number>): string {
  const text =
    typeof message === "string" ? message : message[plural.select(Number(values?.count)) === "one" ? "one" : "other"];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values?.[name];
    return typeof value === "number" ? value.toLocaleString(currentLocale()) : (value ?? whole);
  });
}
