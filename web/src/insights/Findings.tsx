import { CircleCheck, Info, TriangleAlert } from "lucide-react";
import { useRequest } from "../api/use_request.ts";
import { Link } from "../app/router.tsx";
import { type Search, searchAddress } from "../state/search.ts";
import { formatMinute } from "../text/format.ts";
import { t } from "../text/text.ts";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { shownText, Value } from "../ui/Value.tsx";

export type Finding = {
  rule: string;
  severity: "high" | "medium" | "low";
  count: number;
  first_at: string;
  last_at: string;
  tenant: string;
  sentence: string;
  q: string;
};

const look = {
  high: { Icon: TriangleAlert, color: "red" },
  medium: { Icon: TriangleAlert, color: "orange" },
  low: { Icon: Info, color: "blue" },
} as const;

type Props = { question: { q: string; from?: string; to?: string; tz: string }; search: Search; zone: string };

/* What the server's rules found, the gravest first. */
export function Findings({ question, search, zone }: Props) {
  const { data, error, reload } = useRequest<{ findings: Finding[] }>("/v1/insights", question);
  return (
    <section aria-busy={!data && error === undefined}>
      <h2>{t("insights.findings")}</h2>
      {error !== undefined && <ErrorNotice error={error} onRetry={reload} />}
      {!data && error === undefined && <p className="muted">{t("shell.loading")}</p>}
      {data?.findings.length === 0 && (
        <p className="finding-none">
          <CircleCheck size={16} aria-hidden />
          {t("insights.findings.none")}
        </p>
      )}
      <ul className="plain-list findings">
        {data?.findings.map((finding) => (
          <FindingItem key={`${finding.rule} ${finding.q} ${finding.first_at}`} {...{ finding, search, zone }} />
        ))}
      </ul>
    </section>
  );
}

type ItemProps = { finding: Finding; search: Search; zone: string };

function FindingItem({ finding, search, zone }: ItemProps) {
  const { Icon, color } = look[finding.severity];
  // Its events lie in [first, last], both included; the search ends a millisecond later.
  const range = { from: finding.first_at, to: new Date(Date.parse(finding.last_at) + 1).toISOString() };
  const to = searchAddress({ ...search, log: "", filters: {}, q: finding.q, range, open: null, columns: null }, zone);
  return (
    <li className={`finding ${color}`}>
      <span className={`pill ${color}`}>
        <Icon size={14} aria-hidden />
        {t(`insights.severity.${finding.severity}`)}
      </span>
      <div className="finding-text">
        <p className="finding-sentence">
          <bdi>{shownText(finding.sentence, 500)}</bdi>
        </p>
        <p className="muted">
          {formatMinute(finding.first_at, zone)} – {formatMinute(finding.last_at, zone)} ·{" "}
          <Value text={finding.tenant} />
        </p>
      </div>
      <Link to={to} className="button">
        {t("insights.show", { count: finding.count })}
      </Link>
    </li>
  );
}
