import type { Texts } from "../message.ts";

export default {
  "results.title": "Events",
} as const satisfies Texts;
