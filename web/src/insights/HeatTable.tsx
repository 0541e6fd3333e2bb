import { Link } from "../app/router.tsx";
import { formatNumber } from "../text/format.ts";
import { currentLocale, t } from "../text/text.ts";
import { useNarrow } from "../ui/use_narrow.ts";
import { type Cell, type Heat, tint, weekOrder } from "./heat.ts";

type Props = { heat: Heat; caption: string; to: (cell: Cell) => string };

const hours = Array.from({ length: 24 }, (_, hour) => hour);
const twoDigits = (hour: number) => String(hour).padStart(2, "0");

/* 2024-01-01 was a Monday. */
function weekday(day: number, style: "short" | "long"): string {
  return new Intl.DateTimeFormat(currentLocale(), { weekday: style, timeZone: "UTC" }).format(
    Date.UTC(2024, 0, 1 + day),
  );
}

/* Weekdays by hours, numbers tinted by size; in a narrow window hours by weekdays. */
export function HeatTable({ heat, caption, to }: Props) {
  const narrow = useNarrow();
  const week = weekOrder(currentLocale());
  const square = (day: number, hour: number) => (
    <HeatCell
      key={`${day} ${hour}`}
      cell={heat.cells[day]![hour]!}
      most={heat.most}
      label={labelOf(day, hour)}
      to={to}
    />
  );
  if (narrow)
    return (
      <table className="heat">
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            <td />
            {week.map((day) => (
              <th key={day} scope="col">
                <abbr title={weekday(day, "long")}>{weekday(day, "short")}</abbr>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {hours.map((hour) => (
            <tr key={hour}>
              <th scope="row">{twoDigits(hour)}</th>
              {week.map((day) => square(day, hour))}
            </tr>
          ))}
        </tbody>
      </table>
    );
  return (
    <table className="heat">
      <caption className="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          <td />
          {hours.map((hour) => (
            <th key={hour} scope="col">
              {twoDigits(hour)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {week.map((day) => (
          <tr key={day}>
            <th scope="row">
              <abbr title={weekday(day, "long")}>{weekday(day, "short")}</abbr>
            </th>
            {hours.map((hour) => square(day, hour))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function labelOf(day: number, hour: number): string {
  return t("insights.heat.cell", { day: weekday(day, "long"), from: twoDigits(hour), to: twoDigits((hour + 1) % 24) });
}

type CellProps = { cell: Cell; most: number; label: string; to: (cell: Cell) => string };

function HeatCell({ cell, most, label, to }: CellProps) {
  return (
    <td className={`tint-${tint(cell.count, most)}`}>
      {cell.count === 0 ? (
        <span>0</span>
      ) : (
        <Link to={to(cell)} title={label} aria-label={`${label}: ${formatNumber(cell.count)}`}>
          {formatNumber(cell.count)}
        </Link>
      )}
    </td>
  );
}
