import type { Texts } from "../message.ts";

export default {
  "live.title": "New events",
  "live.details": "Details",
  "live.details_of": "Details: {summary}",
  "live.state.connecting": "Connecting …",
  "live.state.live": "Live",
  "live.state.paused": "Paused",
  "live.state.waiting": "The connection broke off. Next attempt in {seconds} s; no event is lost.",
  "live.state.ended": "Ended",
  "live.pause": "Pause",
  "live.resume": "Resume",
  "live.new": { one: "{number} new event", other: "{number} new events" },
  "live.gap": "Events may be missing below the next one. Search to see them all.",
  "live.empty": "Nothing yet. New events appear here as soon as they are stored.",
  "live.note":
    "Newest first, as they are stored, whatever the range. Scrolling, opening or focusing a row pauses. The newest 100,000 are kept.",
} as const satisfies Texts;
