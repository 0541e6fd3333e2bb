/* The map of the world for insights: countries of Natural Earth (world-atlas, 1:110 million) in the Equal Earth projection, as SVG paths by
   ISO 3166-1 code; for countries too small for that scale their middle. Antarctica is left out: nobody logs in there. */
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { iso31661NumericToAlpha2 } from "iso-3166";

const require = createRequire(import.meta.url);
const width = 1000;

/* Šavrič, Patterson, Jenny (2018): the radius that makes the map `width` wide. */
const [a1, a2, a3, a4] = [1.340264, -0.081106, 0.000893, 0.003796];
const scale = width / (2 * project0(180, 0)[0]);

function project0(longitude, latitude) {
  const lambda = (longitude * Math.PI) / 180;
  const theta = Math.asin((Math.sqrt(3) / 2) * Math.sin((latitude * Math.PI) / 180));
  const t2 = theta * theta;
  const t6 = t2 ** 3;
  const x = (2 * Math.sqrt(3) * lambda * Math.cos(theta)) / (3 * (9 * a4 * t6 * t2 + 7 * a3 * t6 + 3 * a2 * t2 + a1));
  return [x, theta * (a4 * t6 * t2 + a3 * t6 + a2 * t2 + a1)];
}

const top = project0(0, 84)[1];
const bottom = project0(0, -56)[1];
const height = Math.round((top - bottom) * scale);

function project([longitude, latitude]) {
  const [x, y] = project0(longitude, latitude);
  return [Math.round((x * scale + width / 2) * 2), Math.round((top - y) * scale * 2)]; /* in half units */
}

/* The rings of each country: TopoJSON's arcs are shared between neighbours, and relative. */
function countriesOf(file) {
  const topology = JSON.parse(readFileSync(require.resolve(`world-atlas/${file}`), "utf8"));
  const [sx, sy] = topology.transform.scale;
  const [dx, dy] = topology.transform.translate;
  const arcs = topology.arcs.map((arc) => {
    let [x, y] = [0, 0];
    return arc.map(([ax, ay]) => [(x += ax) * sx + dx, (y += ay) * sy + dy]);
  });
  const ringOf = (indexes) =>
    unfolded(
      indexes.flatMap((index, at) => {
        const arc = index < 0 ? [...arcs[~index]].reverse() : arcs[index];
        return at > 0 ? arc.slice(1) : arc;
      }),
    );
  return topology.objects.countries.geometries.flatMap((country) => {
    const code =
      country.properties.name === "Kosovo" ? "XK" : iso31661NumericToAlpha2[String(country.id).padStart(3, "0")];
    const polygons = country.type === "Polygon" ? [country.arcs] : (country.arcs ?? []);
    return code && code !== "AQ" ? [[code, polygons.map((polygon) => polygon.map(ringOf))]] : [];
  });
}

/* A ring that crosses 180 degrees goes on beyond it, out of the picture, and not all the way back. */
function unfolded(ring) {
  let turn = 0;
  return ring.map(([longitude, latitude], at) => {
    if (at > 0 && Math.abs(longitude - ring[at - 1][0]) > 180) turn += longitude < 0 ? 360 : -360;
    return [longitude + turn, latitude];
  });
}

/* Relative whole half units: short, and no gaps between neighbours, as both round the same points. */
function pathOf(polygons) {
  return polygons
    .flat()
    .map((ring) => {
      const points = ring.map(project).filter((point, at, all) => at === 0 || String(point) !== String(all[at - 1]));
      if (points.length < 4) return "";
      const steps = points.slice(1, -1).map((point, at) => `${point[0] - points[at][0]},${point[1] - points[at][1]}`);
      return `M${points[0]}l${steps.join(" ").replaceAll(",-", "-").replaceAll(" -", "-")}z`;
    })
    .join("");
}

function middleOf(polygons) {
  const points = polygons.flat(2).map(project);
  const xs = points.map((point) => point[0]);
  const ys = points.map((point) => point[1]);
  return [Math.min(...xs) + Math.max(...xs), Math.min(...ys) + Math.max(...ys)].map((sum) => Math.round(sum / 2));
}

export function worldMap() {
  const shapes = Object.fromEntries(
    countriesOf("countries-110m.json").flatMap(([code, polygons]) => {
      const path = pathOf(polygons);
      return path ? [[code, path]] : [];
    }),
  );
  const points = Object.fromEntries(
    countriesOf("countries-50m.json").flatMap(([code, polygons]) =>
      polygons.length === 0 || code in shapes ? [] : [[code, middleOf(polygons)]],
    ),
  );
  return JSON.stringify({ width: 2 * width, height: 2 * height, shapes, points });
}
