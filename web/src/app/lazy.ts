import { type ComponentType, lazy, type LazyExoticComponent } from "react";
import type { Area } from "../text/catalogue.ts";
import { loadTexts } from "../text/text.ts";

/* A component that is loaded when it is first shown, together with its texts. */
export function lazyWithTexts<Props extends object>(
  areas: readonly Area[],
  load: () => Promise<{ default: ComponentType<Props> }>,
): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async () => (await Promise.all([load(), ...areas.map((area) => loadTexts(area))]))[0]);
}
