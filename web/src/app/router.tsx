/* Addresses within the viewer: the browser's history as a store, and links that change it without loading the page again. */
import { type AnchorHTMLAttributes, type MouseEvent, useSyncExternalStore } from "react";

/* Where addresses are kept: the browser's history, or only in memory where the page is a frame of another site. */
export type Addresses = { read: () => string; write: (address: string, replace: boolean, later: boolean) => void };

/* The address that is shown, where the browser's history does not have it yet. Writing it makes the browser tell its other processes and
   draw the page's icon again, which takes longer than drawing an opened row: that comes first. */
let unwritten: string | undefined;
const soon_ms = 100;

function catchUp() {
  if (unwritten !== undefined) history.replaceState(null, "", unwritten);
  unwritten = undefined;
}

const inBrowser: Addresses = {
  read: () => unwritten ?? location.pathname + location.search,
  write: (address, replace, later) => {
    if (later) {
      if (unwritten === undefined) setTimeout(catchUp, soon_ms);
      unwritten = address;
    } else {
      catchUp();
      history[replace ? "replaceState" : "pushState"](null, "", address);
    }
  },
};

if (typeof window !== "undefined") {
  window.addEventListener("pagehide", catchUp);
  window.addEventListener("popstate", () => (unwritten = undefined));
}

let addresses = inBrowser;
const listeners = new Set<() => void>();

export function keepAddressesIn(other: Addresses): void {
  addresses = other;
}

let mayLeave: () => boolean = () => true;

/* Asks `guard` before an address changes, until the function returned is called: for changes that were not saved. */
export function guardLeaving(guard: () => boolean): () => void {
  mayLeave = guard;
  return () => {
    if (mayLeave === guard) mayLeave = () => true;
  };
}

/* `later`: the browser's own address may follow when the page is drawn; only with `replace`. */
export function navigate(address: string, options: { replace?: boolean; later?: boolean } = {}): void {
  if (address === addresses.read() || !mayLeave()) return;
  addresses.write(address, options.replace ?? false, options.later ?? false);
  for (const listener of listeners) listener();
}

export function currentAddress(): string {
  return addresses.read();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

/* The address but for `open`: opening an event concerns its row alone, and renders nothing else anew. */
function addressOfPage(): string {
  return currentAddress().replace(/(\?)open=[^&]*&?|&open=[^&]*/, "$1");
}

export function useAddress(): { path: string; params: URLSearchParams; address: string } {
  const address = useSyncExternalStore(subscribe, addressOfPage);
  const [path = "/", search = ""] = address.split("?");
  return { path, params: new URLSearchParams(search), address };
}

/* The id of the event whose details are open. */
export function openEvent(): string | null {
  return new URLSearchParams(currentAddress().split("?")[1]).get("open");
}

export function useOpenEvent(): string | null {
  return useSyncExternalStore(subscribe, openEvent);
}

type LinkProps = AnchorHTMLAttributes<HTMLAnchorElement> & { to: string };

/* A real link: a new tab, copying its address and middle clicks work as in any page. */
export function Link({ to, onClick, children, ...rest }: LinkProps) {
  function follow(event: MouseEvent<HTMLAnchorElement>) {
    onClick?.(event);
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    event.preventDefault();
    navigate(to);
  }
  return (
    <a {...rest} href={to} onClick={follow}>
      {children}
    </a>
  );
}
