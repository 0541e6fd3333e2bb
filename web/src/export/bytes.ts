import { currentLocale } from "../text/text.ts";

const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/* "12.3 MB", in decimal units as file managers count. */
export function formatBytes(bytes: number): string {
  let power = 0;
  while (power < units.length - 1 && bytes >= 1000 ** (power + 1)) power++;
  const value = bytes / 1000 ** power;
  const maximumFractionDigits = power === 0 || value >= 100 ? 0 : 1;
  return value.toLocaleString(currentLocale(), {
    style: "unit",
    unit: units[power],
    unitDisplay: "short",
    maximumFractionDigits,
  });
}
