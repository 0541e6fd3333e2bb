/* Addresses within the viewer: the browser's history as a store, and links that change it without loading the page again. */
import { type AnchorHTMLAttributes, type MouseEvent, useSyncExternalStore } from "react";

/* Where addresses are kept: the browser's history, or only in memory where the page is a frame of another site. */
export type Addresses = { read: () => string; write: (address: string, replace: boolean) => void };

const inBrowser: Addresses = {
  read: () => location.pathname + location.search,
  write: (address, replace) => history[replace ? "replaceState" : "pushState"](null, "", address),
};

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

export function navigate(address: string, options: { replace?: boolean } = {}): void {
  if (address === addresses.read() || !mayLeave()) return;
  addresses.write(address, options.replace ?? false);
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

export function useAddress(): { path: string; params: URLSearchParams; address: string } {
  const address = useSyncExternalStore(subscribe, currentAddress);
  const [path = "/", search = ""] = address.split("?");
  return { path, params: new URLSearchParams(search), address };
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
