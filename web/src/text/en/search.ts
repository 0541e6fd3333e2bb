import type { Texts } from "../message.ts";

export default {
  "search.title": "Events",
} as const satisfies Texts;
