/* GET /v1/catalog: what there is to filter by, with labels and colours. Asked once per page load and kept. */
import { useSyncExternalStore } from "react";
import { api } from "./client.ts";
import type { CatalogEntry } from "./types.ts";

export type Field = { path: string; label: string; alias: string | null; kind: string; list: boolean };
export type Catalog = {
  logs: CatalogEntry[];
  products: CatalogEntry[];
  categories: CatalogEntry[];
  activities: CatalogEntry[];
  actions: CatalogEntry[];
  outcomes: CatalogEntry[];
  objects: CatalogEntry[];
  params: string[];
  fields: Field[];
  names: { name: string; fields: string[] }[];
};

let catalog: Catalog | undefined;
let asked: Promise<void> | undefined;
const listeners = new Set<() => void>();

/* Begins the request; asks again where `again` is set, as new events may bring new values. */
export function loadCatalog(again = false): Promise<void> {
  if (!asked || again)
    asked = api.get<Catalog>("/v1/catalog").then(
      (answer) => {
        catalog = answer;
        for (const listener of listeners) listener();
      },
      () => {
        // Rows are shown without labels from the catalogue, and the next search asks again.
        asked = undefined;
      },
    );
  return asked;
}

export function useCatalog(): Catalog | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      void loadCatalog();
      return () => listeners.delete(listener);
    },
    () => catalog,
  );
}

/* "call_queue" as words: "Call Queue". */
export function wordsOf(value: string): string {
  return value.replace(/[_-]+/g, " ").replace(/(^|\s)\p{Ll}/gu, (letter) => letter.toUpperCase());
}

const normal = (value: string) => value.toLowerCase().replace(/[ -]/g, "_");

export function entryOf(entries: readonly CatalogEntry[] | undefined, value: string): CatalogEntry | undefined {
  return (
    entries?.find((entry) => entry.value === value) ?? entries?.find((entry) => normal(entry.value) === normal(value))
  );
}

export function labelOf(entries: readonly CatalogEntry[] | undefined, value: string): string {
  return entryOf(entries, value)?.label ?? wordsOf(value);
}
