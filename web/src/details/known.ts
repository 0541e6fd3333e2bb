/* Codes that have a text of their own; the codes come from events, so most have none. */
import type { Key } from "../text/catalogue.ts";
import { t } from "../text/text.ts";

export function known(key: string): string | undefined {
  const text = t(key as Key & "details.system");
  return text === key ? undefined : text;
}
