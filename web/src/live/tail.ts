/* GET /v1/tail, read over fetch (EventSource can send no key): goes on after every break where it was. */
import { ApiError, isAbort, send } from "../api/client.ts";
import type { EventPage, LogEvent } from "../api/types.ts";
import { parser } from "./sse.ts";

export type TailState =
  | { name: "connecting" }
  | { name: "live" }
  /* Broken off; tries again in so many seconds. */
  | { name: "waiting"; seconds: number }
  /* For good: the question is refused, or the reader may not see it any more. */
  | { name: "ended"; error: unknown };

export type Listener = {
  onEvents: (texts: string[]) => void;
  onState: (state: TailState) => void;
  /* The server could not go on where the tail was: events may be missing before the next one. */
  onGap: (detail: string) => void;
};

const silence_ms = 45_000; /* three heartbeats */
const first_wait_ms = 1000;
const longest_wait_ms = 30_000;
const recent = 50;

/* Follows the events that `q` finds, beginning with the newest that are there, until `signal`. */
export async function follow(q: string, listener: Listener, signal: AbortSignal): Promise<void> {
  let last_id = "";
  let waits = 0;
  let begun = false;
  let held: string[] | null = null; /* what came before the newest stored ones are known */

  function begin(): void {
    if (begun) return;
    begun = true;
    held = [];
    const arrive = (stored: LogEvent[]) => {
      const ids = new Set(stored.map((event) => event.id));
      const later = (held ?? []).filter((text) => !ids.has((JSON.parse(text) as LogEvent).id));
      held = null;
      listener.onEvents([...stored.map((event) => JSON.stringify(event)).reverse(), ...later]);
    };
    newest(q, signal).then(arrive, () => arrive([]));
  }

  const stopped = () => signal.aborted;
  while (!stopped()) {
    try {
      listener.onState({ name: "connecting" });
      await readOnce();
    } catch (error) {
      if (stopped()) return;
      if (isFinal(error)) {
        listener.onState({ name: "ended", error });
        return;
      }
      const asked_s = error instanceof ApiError ? error.retry_after_s : undefined;
      const wait_ms = asked_s ? asked_s * 1000 : Math.min(longest_wait_ms, first_wait_ms * 2 ** waits++);
      listener.onState({ name: "waiting", seconds: Math.ceil(wait_ms / 1000) });
      await pause(wait_ms * (0.75 + Math.random() / 2), signal);
    }
  }

  /* Returns where the server asks for a new connection; every other end is thrown. */
  async function readOnce(): Promise<void> {
    const abort = new AbortController();
    const stop = () => abort.abort();
    signal.addEventListener("abort", stop, { once: true });
    let watch = setTimeout(stop, silence_ms);
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      if (last_id) headers["Last-Event-ID"] = last_id;
      const response = await send("GET", "/v1/tail", { query: { q }, headers, signal: abort.signal });
      const reader = response.body!.getReader();
      const decoder = new TextDecoder();
      const messages = parser();
      const since_ms = Date.now();
      let planned = false;
      begin();
      listener.onState({ name: "live" });
      for (;;) {
        const { done, value } = await reader.read();
        // With the renewed credential, or to what may be seen now: nothing broke. Not again and again where it ends at once.
        if (done && planned && Date.now() - since_ms >= first_wait_ms) return;
        if (done) throw new ApiError(0, {});
        clearTimeout(watch);
        watch = setTimeout(stop, silence_ms);
        waits = 0;
        const texts: string[] = [];
        for (const message of messages.push(decoder.decode(value, { stream: true }))) {
          if (message.event === "event") texts.push(message.data);
          else if (message.event === "lost") listener.onGap(detailOf(message.data));
          else if (message.event === "end") planned = /"reason":"(credential|access)"/.test(message.data);
        }
        last_id = messages.id || last_id;
        if (texts.length === 0) continue;
        if (held) held.push(...texts);
        else listener.onEvents(texts);
      }
    } catch (error) {
      throw isAbort(error) && !signal.aborted ? new ApiError(0, {}) : error;
    } finally {
      clearTimeout(watch);
      signal.removeEventListener("abort", stop);
      abort.abort();
    }
  }
}

async function newest(q: string, signal: AbortSignal) {
  const response = await send("GET", "/v1/events", { query: { q, limit: recent }, signal });
  return ((await response.json()) as EventPage).events;
}

function detailOf(data: string): string {
  return (JSON.parse(data) as { detail?: string }).detail ?? "";
}

/* Refused for a reason that asking again does not change. */
function isFinal(error: unknown): boolean {
  return error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
