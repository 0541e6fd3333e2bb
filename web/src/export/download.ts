/* Downloads through the page itself: with progress, a way to stop, and a check before anything is offered as a file. */
import { ApiError, isAbort, type Query, send } from "../api/client.ts";
import { checkerFor, type Format } from "./verify.ts";
import type { Question } from "./question.ts";

export type Progress = { events: number; expected: number; bytes: number };
export type Result = {
  state: "whole" | "damaged" | "incomplete";
  blob: Blob;
  /* As the server names it. */
  name: string;
  events: number;
  expected: number;
};

const any = { Accept: "*/*" };

export function exportQuery(question: Question, zone: string, format: Format): Query {
  return { ...question, tz: zone, format };
}

/* How many events an export would have now. */
export async function countEvents(question: Question, zone: string, signal: AbortSignal): Promise<number> {
  const query = exportQuery(question, zone, "ndjson");
  const response = await send("HEAD", "/v1/export", { query, headers: any, signal });
  return Number(response.headers.get("X-Daybook-Count"));
}

/* Reads the whole export. A connection that breaks gives an "incomplete" result with what came; only a refusal and a cancel throw. */
export async function download(
  query: Query,
  format: Format,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Result> {
  const response = await send("GET", "/v1/export", { query, headers: any, signal });
  const expected = Number(response.headers.get("X-Daybook-Count"));
  const name = fileName(response.headers.get("Content-Disposition")) ?? `audit-log-complete.${format}`;
  const checker = checkerFor(format);
  const parts: BlobPart[] = [];
  let bytes = 0;
  let broken = false;
  try {
    for await (const part of chunks(response)) {
      checker.add(part);
      parts.push(part);
      bytes += part.length;
      onProgress({ events: Math.min(checker.events, expected), expected, bytes });
    }
  } catch (error) {
    if (isAbort(error)) throw error;
    broken = true;
  }
  const damaged = Number(response.headers.get("X-Daybook-Damages") ?? 0) > 0;
  const found = broken ? "incomplete" : checker.finish(expected);
  const state = found !== "incomplete" && damaged ? "damaged" : found;
  const events = state === "incomplete" ? checker.events : expected;
  return { state, blob: new Blob(parts, { type: mediaOf(format) }), name, events, expected };
}

async function* chunks(response: Response): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = response.body!.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

function mediaOf(format: Format): string {
  return format === "csv" ? "text/csv" : "application/x-ndjson";
}

function fileName(disposition: string | null): string | undefined {
  return /filename="([^"]+)"/.exec(disposition ?? "")?.[1];
}

const parts_bytes = 8 << 20;
const attempts = 8;

/* A finished job's file, continued where the connection broke off. The parts are handed to the browser as they come, so that it
   may keep them on its disk. Throws where it cannot be had whole. */
export async function downloadFile(
  path: string,
  total: number,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<Blob> {
  let whole: Blob[] = [];
  let bytes = 0;
  let tag: string | undefined;
  for (let attempt = 0; bytes < total; attempt++) {
    if (attempt === attempts) throw new ApiError(0, {});
    try {
      const range: Record<string, string> = bytes > 0 && tag ? { Range: `bytes=${bytes}-`, "If-Range": tag } : {};
      const response = await send("GET", path, { signal, headers: { ...any, ...range } });
      tag ??= response.headers.get("ETag") ?? undefined;
      if (response.status !== 206) [whole, bytes] = [[], 0];
      let recent: BlobPart[] = [];
      let recent_bytes = 0;
      const keep = () => {
        whole.push(new Blob(recent));
        [recent, recent_bytes] = [[], 0];
      };
      try {
        for await (const part of chunks(response)) {
          recent.push(part);
          recent_bytes += part.length;
          bytes += part.length;
          attempt = 0;
          if (recent_bytes >= parts_bytes) keep();
          onProgress(bytes);
        }
      } finally {
        keep();
      }
    } catch (error) {
      if (isAbort(error) || (error instanceof ApiError && error.status > 0 && error.status < 500)) throw error;
      await pause(Math.min(250 * 2 ** attempt, 8000), signal);
    }
  }
  if (bytes !== total) throw new ApiError(0, {});
  return new Blob(whole);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(new DOMException("stopped", "AbortError"));
      },
      { once: true },
    );
  });
}

/* Offers bytes as a file of the reader's. */
export function saveAs(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/* "audit-log-complete-2026-11-20-0915.csv" -> "audit-log-INCOMPLETE-2026-11-20-0915.csv": nobody takes the part for the whole. */
export function incompleteName(name: string): string {
  return name.includes("complete") ? name.replace("complete", "INCOMPLETE") : `INCOMPLETE-${name}`;
}
