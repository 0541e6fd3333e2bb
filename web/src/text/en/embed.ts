import type { Texts } from "../message.ts";

export default {
  "embed.alone": "This page belongs into another",
  "embed.alone.text":
    "It shows the log inside a portal that hands it a token. To read the log here, open the viewer itself.",
  "embed.waiting": "Waiting for the portal …",
} as const satisfies Texts;
