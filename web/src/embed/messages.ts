/* What the embedded viewer and the page around it say to each other (docs/embedding.md). */

export type Theme = "light" | "dark" | "system";

export type ToViewer =
  | { type: "daybook:token"; token: string }
  | { type: "daybook:theme"; theme: Theme }
  | { type: "daybook:locale"; locale: string }
  | { type: "daybook:zone"; zone: string }
  | { type: "daybook:navigate"; address: string };

export type FromViewer =
  | { type: "daybook:hello" }
  | { type: "daybook:token-request"; reason: "start" | "expiring" | "ended" }
  | { type: "daybook:ready" }
  | { type: "daybook:address"; address: string }
  | { type: "daybook:error"; detail: string };

/* An own, checked copy of what came; undefined for anything else: the sender is another site. */
export function readMessage(data: unknown): ToViewer | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const { type, ...rest } = data as Record<string, unknown>;
  const text = (name: string) => (typeof rest[name] === "string" ? rest[name] : undefined);
  const theme = text("theme");
  switch (type) {
    case "daybook:token":
      return text("token") ? { type, token: text("token")! } : undefined;
    case "daybook:theme":
      return theme === "light" || theme === "dark" || theme === "system" ? { type, theme } : undefined;
    case "daybook:locale":
      return text("locale") ? { type, locale: text("locale")! } : undefined;
    case "daybook:zone":
      return text("zone") ? { type, zone: text("zone")! } : undefined;
    case "daybook:navigate":
      return text("address")?.startsWith("/") ? { type, address: text("address")! } : undefined;
    default:
      return undefined;
  }
}
