/* embed.js, for the page around the viewer (docs/embedding.md). One classic script without dependencies:

     <script src="https://audit.example/embed.js"></script>
     const viewer = Daybook.embed(document.querySelector("#audit-log"), { getToken: () => fetch("/audit-token").then((r) => r.text()) });

   getToken is called at the start and before a session ends; the page's own server asks Daybook for the token. */
import type { FromViewer, Theme, ToViewer } from "./messages.ts";

export type Options = {
  /* A new, unused viewer token each time. */
  getToken: () => Promise<string>;
  theme?: Theme;
  /* Such as "de-DE". */
  locale?: string;
  /* An IANA name such as "Europe/Berlin". */
  zone?: string;
  /* What to show first, such as "/search?q=action:delete&range=7d". */
  address?: string;
  /* The accessible name of the frame. */
  title?: string;
  /* Told where the reader is, so that a link can bring them back. */
  onAddress?: (address: string) => void;
  onReady?: () => void;
  onError?: (detail: string) => void;
};

export type Embedded = {
  frame: HTMLIFrameElement;
  setTheme: (theme: Theme) => void;
  setLocale: (locale: string) => void;
  setZone: (zone: string) => void;
  navigate: (address: string) => void;
  remove: () => void;
};

const server = new URL((document.currentScript as HTMLScriptElement).src).origin;

function embed(place: Element, options: Options): Embedded {
  const frame = document.createElement("iframe");
  frame.title = options.title ?? "Audit log";
  frame.src = `${server}/embed?origin=${encodeURIComponent(location.origin)}`;
  frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-downloads allow-popups");
  frame.allow = "clipboard-write";
  frame.referrerPolicy = "no-referrer";
  frame.style.cssText = "display:block;width:100%;height:100%;min-height:640px;border:0";
  const say = (message: ToViewer) => frame.contentWindow?.postMessage(message, server);
  const fail = (error: unknown) => options.onError?.(error instanceof Error ? error.message : String(error));

  function hear(event: MessageEvent<FromViewer>) {
    if (event.source !== frame.contentWindow || event.origin !== server) return;
    const message = event.data;
    switch (message.type) {
      case "daybook:hello":
        if (options.theme) say({ type: "daybook:theme", theme: options.theme });
        if (options.locale) say({ type: "daybook:locale", locale: options.locale });
        if (options.zone) say({ type: "daybook:zone", zone: options.zone });
        if (options.address) say({ type: "daybook:navigate", address: options.address });
        break;
      case "daybook:token-request":
        options.getToken().then((token) => say({ type: "daybook:token", token }), fail);
        break;
      case "daybook:address":
        options.onAddress?.(message.address);
        break;
      case "daybook:ready":
        options.onReady?.();
        break;
      case "daybook:error":
        fail(message.detail);
    }
  }

  window.addEventListener("message", hear);
  place.append(frame);
  return {
    frame,
    setTheme: (theme) => say({ type: "daybook:theme", theme }),
    setLocale: (locale) => say({ type: "daybook:locale", locale }),
    setZone: (zone) => say({ type: "daybook:zone", zone }),
    navigate: (address) => say({ type: "daybook:navigate", address }),
    remove() {
      window.removeEventListener("message", hear);
      frame.remove();
    },
  };
}

(window as unknown as { Daybook: { embed: typeof embed } }).Daybook = { embed };
