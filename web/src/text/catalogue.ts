/* All texts of the interface, by area. A new area is one line here and one file in en/ and de/. */
import type { Values } from "./message.ts";
import type account from "./en/account.ts";
import type admin from "./en/admin.ts";
import type details from "./en/details.ts";
import type embed from "./en/embed.ts";
import type exporting from "./en/export.ts";
import type insights from "./en/insights.ts";
import type live from "./en/live.ts";
import type logins from "./en/logins.ts";
import type results from "./en/results.ts";
import type search from "./en/search.ts";
import type shell from "./en/shell.ts";

export type Areas = {
  shell: typeof shell;
  account: typeof account;
  search: typeof search;
  admin: typeof admin;
  details: typeof details;
  embed: typeof embed;
  export: typeof exporting;
  live: typeof live;
  logins: typeof logins;
  insights: typeof insights;
  results: typeof results;
};

export type Area = keyof Areas;
type Union<T> = (T extends unknown ? (value: T) => void : never) extends (value: infer All) => void ? All : never;
export type Catalogue = Union<Areas[Area]>;
export type Key = keyof Catalogue;
/* The keys of texts without {names}: for tables that hold keys. */
export type PlainKey = { [K in Key]: Values<Catalogue[K]> extends [] ? K : never }[Key];
