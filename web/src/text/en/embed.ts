import type { Texts } from "../message.ts";

export default {
  "embed.alone": "This page belongs into another",
  "embed.alone.text":
    "It shows the log inside a portal that hands it a token. To read the log here, open the viewer itself.",
  "embed.waiting": "Waiting for the portal …",
  "embed.no_answer": "The portal gives no access to the log",
  "embed.no_answer.text":
    "The session here has ended, or never began, and the page around this one has not handed over a new token.",
} as const satisfies Texts;
