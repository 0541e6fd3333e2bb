/* The thresholds of the rules that insights rest on, as the server knows them (docs/insights.md). */
export const thresholds = [
  { name: "user_failures", otherwise: 10, least: 2, most: 100 },
  { name: "address_failures", otherwise: 20, least: 2, most: 100 },
  { name: "window_min", otherwise: 10, least: 1, most: 120 },
  { name: "spraying_users", otherwise: 6, least: 2, most: 100 },
  { name: "spraying_window_min", otherwise: 60, least: 1, most: 1440 },
  { name: "history_logins", otherwise: 5, least: 1, most: 1000 },
  { name: "known_addresses", otherwise: 3, least: 1, most: 16 },
  { name: "hours_logins", otherwise: 20, least: 5, most: 1000 },
  { name: "travel_km", otherwise: 500, least: 50, most: 20_000 },
  { name: "travel_km_per_hour", otherwise: 900, least: 100, most: 100_000 },
  { name: "delete_count", otherwise: 20, least: 2, most: 100 },
] as const;

export type ThresholdName = (typeof thresholds)[number]["name"];

/* The typed texts as numbers, and which of them are none or out of bounds; an empty text is the default. */
export function readThresholds(texts: Readonly<Record<string, string>>): {
  values: Record<string, number>;
  wrong: ThresholdName[];
} {
  const values: Record<string, number> = {};
  const wrong: ThresholdName[] = [];
  for (const { name, least, most } of thresholds) {
    const text = texts[name]?.trim() ?? "";
    if (text === "") continue;
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) values[name] = value;
    else wrong.push(name);
  }
  return { values, wrong };
}
