import { type ComponentType, createElement, lazy, useState } from "react";
import type { Area } from "../text/catalogue.ts";
import { loadTexts } from "../text/text.ts";

export type LoadedLater<Props extends object> = ComponentType<Props> & { load: () => Promise<unknown> };

/* A component that is loaded when it is first shown, together with its texts, or before by load(): then it is there at once, without the
   fallback that React keeps for 300 ms once it is shown. */
export function lazyWithTexts<Props extends object>(
  areas: readonly Area[],
  load: () => Promise<{ default: ComponentType<Props> }>,
): LoadedLater<Props> {
  let ready: ComponentType<Props> | undefined;
  const start = async () => {
    const [module] = await Promise.all([load(), ...areas.map((area) => loadTexts(area))]);
    ready = module.default;
    return module;
  };
  const Later = lazy(start) as unknown as ComponentType<Props>;
  const Page = (props: Props) => {
    const [Shown] = useState(() => ready ?? Later); // the same for as long as it is shown
    return createElement(Shown, props);
  };
  return Object.assign(Page, { load: start });
}
