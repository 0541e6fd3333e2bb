/* An event's parameters as tags. */
import type { Json } from "../api/types.ts";

export type ParameterTag = {
  readonly name: string;
  /** As text, as the query language compares it. */
  readonly value: string;
  /** What a filter names it by. */
  readonly field: string;
};

/** A scalar as the query language compares it: text bare, everything else as JSON. */
export function scalarText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function parameterTags(params: Readonly<Record<string, Json>> | undefined): ParameterTag[] {
  return Object.entries(params ?? {}).map(([name, value]) => ({
    name,
    value: scalarText(value),
    field: `params.${name}`,
  }));
}
