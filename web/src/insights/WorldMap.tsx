import world from "daybook:world";
import { useEffect, useState } from "react";
import type { CountedValue } from "../api/types.ts";
import { formatNumber } from "../text/format.ts";
import { t } from "../text/text.ts";
import { countryName } from "../ui/countries.ts";
import { tint } from "./heat.ts";

type World = {
  width: number;
  height: number;
  shapes: Record<string, string>;
  points: Record<string, [x: number, y: number]>;
};

let loaded: Promise<World> | undefined;

/* A file of the viewer's own, not of the API: it needs no key. */
function loadWorld(): Promise<World> {
  loaded ??= fetch(new URL(world, import.meta.url)).then((response) => response.json() as Promise<World>);
  return loaded;
}

/* Countries tinted by count; those too small for the map are dots. The table beside it says the same in words. */
export default function WorldMap({ counts }: { counts: readonly CountedValue[] }) {
  const [map, setMap] = useState<World>();
  useEffect(() => {
    loadWorld().then(setMap, () => undefined);
  }, []);
  const by_code = new Map(counts.map(({ value, count }) => [value.toUpperCase(), count]));
  const most = Math.max(1, ...by_code.values());
  const size = map ? `0 0 ${map.width} ${map.height}` : "0 0 2000 864";
  return (
    <svg className="world" viewBox={size} role="img" aria-label={t("insights.map")}>
      {map && (
        <>
          {Object.entries(map.shapes).map(([code, path]) => (
            <path key={code} d={path} className={`tint-${tint(by_code.get(code) ?? 0, most)}`}>
              {by_code.has(code) && <title>{titleOf(code, by_code.get(code)!)}</title>}
            </path>
          ))}
          {Object.entries(map.points).map(
            ([code, [x, y]]) =>
              by_code.has(code) && (
                <circle key={code} cx={x} cy={y} r={12} className={`tint-${tint(by_code.get(code)!, most)}`}>
                  <title>{titleOf(code, by_code.get(code)!)}</title>
                </circle>
              ),
          )}
        </>
      )}
    </svg>
  );
}

function titleOf(code: string, count: number): string {
  return `${countryName(code)}: ${formatNumber(count)}`;
}
