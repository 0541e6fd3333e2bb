import { currentLocale } from "../text/text.ts";
import { shownText } from "./Value.tsx";

/* "DE" as the reader's language names it; what is no code of a country is shown as it is. */
export function countryName(code: string): string {
  if (!/^[A-Za-z]{2}$/.test(code)) return shownText(code, 60);
  return new Intl.DisplayNames(currentLocale(), { type: "region", fallback: "code" }).of(code.toUpperCase()) ?? code;
}
