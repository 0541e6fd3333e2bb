import { useRequest } from "../api/use_request.ts";
import { formatNumber, zoneLabel } from "../text/format.ts";
import { t } from "../text/text.ts";
import type { Question } from "./question.ts";
import { rangeText } from "./range.ts";
import type { Format } from "./verify.ts";

type Props = {
  question: Question;
  filters: string[] | undefined;
  zone: string;
  count: number | undefined;
  format: Format;
};
type Names = { fields: { path: string; label: string }[]; params: string[] };

/* What the file will hold: filters, range, zone, number of events, columns. */
export function ExportFacts({ question, filters, zone, count, format }: Props) {
  const words = filters ?? (question.q ? [question.q] : []);
  return (
    <dl className="export-facts">
      <dt>{t("export.filters")}</dt>
      <dd>
        {words.length === 0 && t("export.filters.none")}
        {words.length === 1 && <bdi>{words[0]}</bdi>}
        {words.length > 1 && (
          <ul className="export-filters">
            {words.map((word) => (
              <li key={word}>
                <bdi>{word}</bdi>
              </li>
            ))}
          </ul>
        )}
      </dd>
      <dt>{t("export.range")}</dt>
      <dd>{rangeText(question, zone)}</dd>
      <dt>{t("shell.zone")}</dt>
      <dd>{zoneLabel(zone)}</dd>
      <dt>{t("export.events")}</dt>
      <dd aria-live="polite">{count === undefined ? t("export.counting") : formatNumber(count)}</dd>
      <dt>{t("export.columns")}</dt>
      <dd>{format === "csv" ? <Columns /> : t("export.columns.ndjson")}</dd>
    </dl>
  );
}

function Columns() {
  const { data } = useRequest<Names>("/v1/catalog");
  if (!data) return t("export.columns.csv");
  return (
    <details>
      <summary>{t("export.columns.csv")}</summary>
      <ul className="export-columns">
        {data.fields.map((field) => (
          <li key={field.path}>{field.label}</li>
        ))}
        {data.params.map((name) => (
          <li key={name} className="mono">
            <bdi>params.{name}</bdi>
          </li>
        ))}
      </ul>
    </details>
  );
}
