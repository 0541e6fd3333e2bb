import type { Texts } from "../message.ts";

export default {
  "account.log_in": "Log in",
  "account.key": "Key",
  "account.key.help": "An API key that may read, or the operator key. It is forgotten when this tab closes.",
  "account.key.wrong": "No such key is valid.",
} as const satisfies Texts;
