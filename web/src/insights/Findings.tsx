import { CircleCheck, Info, OctagonAlert, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useRequest } from "../api/use_request.ts";
import { Link } from "../app/router.tsx";
import { searchAddress } from "../state/search.ts";
import { formatMinute } from "../text/format.ts";
import { t } from "../text/text.ts";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { shownText } from "../ui/Value.tsx";

/* A finding is found again by its q with its own from and to. */
export type Finding = {
  rule: string;
  severity: "critical" | "high" | "medium" | "low";
  title: string;
  detail: string;
  first_at: string;
  last_at: string;
  count: number;
  q: string;
  from: string;
  to: string;
};
type Answer = { from: string; to: string; cut_off: { detail?: string }[]; findings: Finding[] };

const look = {
  critical: { Icon: OctagonAlert, color: "red" },
  high: { Icon: TriangleAlert, color: "red" },
  medium: { Icon: TriangleAlert, color: "orange" },
  low: { Icon: Info, color: "blue" },
} as const;

const first_shown = 8;

type Props = { question: { q: string; from?: string; to?: string; tz: string }; zone: string };

/* What the server's rules found, the gravest first. */
export function Findings({ question, zone }: Props) {
  const { data, error, reload } = useRequest<Answer>("/v1/insights", question);
  const [all, setAll] = useState(false);
  const shown = (all ? data?.findings : data?.findings.slice(0, first_shown)) ?? [];
  return (
    <section aria-busy={!data && error === undefined}>
      <h2>{t("insights.findings")}</h2>
      {data && !question.from && (
        <p className="muted">{t("insights.findings.range", { from: formatMinute(data.from, zone) })}</p>
      )}
      {data?.cut_off.map(
        (cut) =>
          cut.detail && (
            <p key={cut.detail} className="muted">
              {cut.detail}
            </p>
          ),
      )}
      {error !== undefined && <ErrorNotice error={error} onRetry={reload} />}
      {!data && error === undefined && <p className="muted">{t("shell.loading")}</p>}
      {data?.findings.length === 0 && (
        <p className="finding-none">
          <CircleCheck size={16} aria-hidden />
          {t("insights.findings.none")}
        </p>
      )}
      <ul className="plain-list findings">
        {shown.map((finding) => (
          <FindingItem key={`${finding.rule} ${finding.q} ${finding.first_at}`} {...{ finding, zone }} />
        ))}
      </ul>
      {data && data.findings.length > shown.length && (
        <button type="button" className="button findings-more" onClick={() => setAll(true)}>
          {t("insights.findings.all", { count: data.findings.length })}
        </button>
      )}
    </section>
  );
}

type ItemProps = { finding: Finding; zone: string };

function FindingItem({ finding, zone }: ItemProps) {
  const { Icon, color } = look[finding.severity];
  const range = { from: finding.from, to: finding.to };
  const to = searchAddress({ q: finding.q, range }, zone);
  return (
    <li className={`finding ${color}`}>
      <span className={`pill ${color}`}>
        <Icon size={14} aria-hidden />
        {t(`insights.severity.${finding.severity}`)}
      </span>
      <div className="finding-text">
        <p className="finding-sentence">
          <bdi>{shownText(finding.title, 500)}</bdi>
        </p>
        <p className="muted">
          {formatMinute(finding.first_at, zone)} – {formatMinute(finding.last_at, zone)} ·{" "}
          <bdi>{shownText(finding.detail, 500)}</bdi>
        </p>
      </div>
      <Link to={to} className="button">
        {t("insights.show", { count: finding.count })}
      </Link>
    </li>
  );
}
