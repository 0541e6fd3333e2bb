/* The page around the viewer: its origin, the messages to and from it, and the token that it hands over and renews. */
import { api, ApiError, setBearer } from "../api/client.ts";
import { navigate } from "../app/router.tsx";
import { routeOf } from "../app/routes.tsx";
import { changeSettings, isZone } from "../state/settings.ts";
import { type Language, languages } from "../text/text.ts";
import { type FromViewer, readMessage, type ToViewer } from "./messages.ts";

/* The page named itself, and the server let only it frame this one (frame-ancestors). */
const origin = new URLSearchParams(location.search).get("origin") ?? "";

export type Access = { status: "waiting" } | { status: "in"; round: number } | { status: "failed"; error: unknown };

let access: Access = { status: "waiting" };
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

/* Whether somebody is there to talk to. */
export function isEmbedded(): boolean {
  return window.parent !== window && /^https?:\/\//.test(origin);
}

export function onAccess(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function getAccess(): Access {
  return access;
}

function setAccess(next: Access): void {
  access = next;
  for (const listener of listeners) listener();
}

export function say(message: FromViewer): void {
  if (isEmbedded()) window.parent.postMessage(message, origin);
}

/* Hears the page around, and tells it that the viewer is there. */
export function listen(): void {
  if (!isEmbedded()) return;
  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || event.origin !== origin) return;
    const message = readMessage(event.data);
    if (message) take(message);
  });
  say({ type: "daybook:hello" });
  say({ type: "daybook:token-request", reason: "start" });
}

function take(message: ToViewer): void {
  switch (message.type) {
    case "daybook:token":
      void exchange(message.token);
      return;
    case "daybook:theme":
      changeSettings({ theme: message.theme });
      return;
    case "daybook:locale": {
      const language = message.locale.split("-")[0] as Language;
      if (languages.includes(language)) changeSettings({ language });
      return;
    }
    case "daybook:zone":
      if (isZone(message.zone)) changeSettings({ zone: message.zone });
      return;
    case "daybook:navigate":
      if (routeOf(message.address.split("?")[0]!)) navigate(message.address);
  }
}

type Exchanged = { bearer: string; expires_at: string; origin: string };

async function exchange(token: string): Promise<void> {
  try {
    const { bearer, expires_at, origin: meant } = await api.post<Exchanged>("/v1/viewer-tokens/exchange", { token });
    if (meant !== origin) throw new ApiError(403, { detail: "the token is for another page" });
    setBearer(bearer);
    renewBefore(Date.parse(expires_at));
    setAccess({ status: "in", round: access.status === "in" ? access.round + 1 : 0 });
    say({ type: "daybook:ready" });
  } catch (error) {
    say({ type: "daybook:error", detail: error instanceof Error ? error.message : String(error) });
    setAccess({ status: "failed", error });
  }
}

/* Asks for the next token while a fifth of the time is left, at least a few seconds. */
function renewBefore(expires_ms: number): void {
  clearTimeout(timer);
  const left_ms = expires_ms - Date.now();
  timer = setTimeout(
    () => say({ type: "daybook:token-request", reason: "expiring" }),
    Math.max(1000, left_ms - Math.max(5000, left_ms / 5)),
  );
}

/* The bearer is not taken any more: a new token is needed to go on. */
export function askAgain(): void {
  setAccess({ status: "waiting" });
  say({ type: "daybook:token-request", reason: "ended" });
}
