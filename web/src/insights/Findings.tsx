import { CircleCheck, Info, OctagonAlert, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useRequest } from "../api/use_request.ts";
import { Link } from "../app/router.tsx";
import { searchAddress } from "../state/search.ts";
import { formatMinute } from "../text/format.ts";
import { t } from "../text/text.ts";
import { countryName } from "../ui/countries.ts";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { shownText } from "../ui/Value.tsx";

/* A finding is found again by its q with its own from and to. */
export type Finding = {
  rule: string;
  severity: "critical" | "high" | "medium" | "low";
  title: string;
  tenant: string;
  subject: {
    user?: string;
    address?: string;
    country?: string;
    from_country?: string;
    users?: number;
    km?: number;
    minutes?: number;
    hour?: number;
  };
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

const rules = [
  "user_brute_force",
  "address_brute_force",
  "password_spraying",
  "login_after_failures",
  "impossible_travel",
  "new_country",
  "new_address",
  "unusual_hour",
  "delete_burst",
  "keys_created",
  "grants_changed",
  "roles_changed",
] as const;

/* What was found, in the reader's language; in the server's words where the rule is not known here. */
function sentence({ rule, title, subject, count }: Finding): string {
  const known = rules.find((name) => name === rule);
  if (!known) return title;
  const country = (code: string | undefined) => (code ? countryName(code) : t("shell.none"));
  return t(`insights.rule.${known}`, {
    user: subject.user ?? t("shell.none"),
    address: subject.address ?? t("shell.none"),
    country: country(subject.country),
    from: country(subject.from_country),
    users: subject.users ?? 0,
    km: subject.km ?? 0,
    minutes: subject.minutes ?? 0,
    hour: subject.hour ?? 0,
    next: ((subject.hour ?? 0) + 1) % 24,
    count,
  });
}

/* When, in which tenant, from where: what the sentence does not say. */
function facts({ first_at, last_at, tenant, subject }: Finding, zone: string): string {
  const [first, last] = [formatMinute(first_at, zone), formatMinute(last_at, zone)];
  const place = subject.country && countryName(subject.country);
  return [first === last ? first : `${first} – ${last}`, tenant, subject.address, place].filter(Boolean).join(" · ");
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
          <bdi>{shownText(sentence(finding), 500)}</bdi>
        </p>
        <p className="muted">
          <bdi>{shownText(facts(finding, zone), 500)}</bdi>
        </p>
      </div>
      <Link to={to} className="button">
        {t("insights.show", { count: finding.count })}
      </Link>
    </li>
  );
}
