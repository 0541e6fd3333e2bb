import type { ReactNode } from "react";
import type { Values } from "../api/types.ts";
import { Link } from "../app/router.tsx";
import { formatNumber } from "../text/format.ts";
import { t } from "../text/text.ts";
import { Value } from "../ui/Value.tsx";

type Props = {
  title: string;
  /* What the first column holds. */
  name: string;
  counts: Values | undefined;
  /* The address of the events of a value. */
  to: (value: string) => string;
  show?: (value: string) => ReactNode;
};

/* The most frequent values of a field, each count a link to its events. */
export function CountTable({ title, name, counts, to, show }: Props) {
  const most = counts?.values[0]?.count ?? 1;
  const rest = counts ? counts.distinct - counts.values.length : 0;
  return (
    <section className="insight">
      <h3>{title}</h3>
      {!counts && <p className="muted">{t("shell.loading")}</p>}
      {counts?.values.length === 0 && <p className="muted">{t("insights.none")}</p>}
      {counts && counts.values.length > 0 && (
        <table className="table counts">
          <thead>
            <tr>
              <th scope="col">{name}</th>
              <th scope="col" className="number">
                {t("insights.events")}
              </th>
            </tr>
          </thead>
          <tbody>
            {counts.values.map(({ value, count }) => (
              <tr key={value}>
                <td>
                  {show ? show(value) : <Value text={value} />}
                  <span className="count-bar" style={{ width: `${(100 * count) / most}%` }} aria-hidden />
                </td>
                <td className="number">
                  <Link to={to(value)}>{formatNumber(count)}</Link>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {rest > 0 && <p className="muted">{t("insights.more", { count: rest })}</p>}
    </section>
  );
}
