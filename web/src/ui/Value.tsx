/* A value from an event, as text: it may be empty, huge, right to left, or hold characters that show nothing. */
import { t } from "../text/text.ts";

const most_characters = 300;
// Controls, format characters (bidi overrides, zero width) and separators that a browser would act on or not show. Joiners stay: words
// of Persian and emoji need them.
const hidden = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

export function shownText(text: string, most = most_characters): string {
  const short = text.length > most ? `${text.slice(0, most)}…` : text;
  return short.replace(hidden, (char) => (/\s/.test(char) ? " " : "\uFFFD"));
}

export function Value({ text }: { text: string | number | undefined }) {
  if (text === undefined || text === "") return <>{t("shell.none")}</>;
  return <bdi>{typeof text === "number" ? text : shownText(text)}</bdi>;
}
