/* What deserves a look: findings, failed log-ins, unusual hours and places, deletes, keys. Each number leads to its events. */
import { now } from "@internationalized/date";
import { lazy, Suspense, useMemo, useState } from "react";
import { labelOf } from "../api/catalog.ts";
import type { Histogram, Values } from "../api/types.ts";
import { useRequest } from "../api/use_request.ts";
import { useTitle } from "../app/title.tsx";
import { PageFilters, usePageSearch } from "../search/PageFilters.tsx";
import { boundsOf } from "../state/range.ts";
import { questionOf, type Search } from "../state/search.ts";
import { zoneLabel } from "../text/format.ts";
import { t } from "../text/text.ts";
import { Credits } from "../ui/Credits.tsx";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { TableFrame } from "../ui/TableFrame.tsx";
import { CountTable } from "./CountTable.tsx";
import { countryName } from "../ui/countries.ts";
import { Findings } from "./Findings.tsx";
import { heatOf, spansTerm } from "./heat.ts";
import { HeatTable } from "./HeatTable.tsx";
import { deletes, eventsAddress, failed_logins, key_changes, logins, narrowed, type Narrowing } from "./narrow.ts";

const WorldMap = lazy(() => import("./WorldMap.tsx"));

type Asked = { from?: string; to?: string; tz: string };
type Part = { search: Search; asked: Asked; zone: string };

export default function InsightsPage() {
  useTitle(t("shell.tab.insights"));
  const page = usePageSearch("/insights");
  const { search, zone } = page;
  const [round, setRound] = useState(0);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- a preset becomes instants once per question
  const asked = useMemo(() => ({ tz: zone, ...boundsOf(search.range, zone, now(zone)) }), [search, zone, round]);
  const part = { search, asked, zone };
  return (
    <div className="search-page insights">
      <h1 className="visually-hidden">{t("shell.tab.insights")}</h1>
      <PageFilters page={page} onAgain={() => setRound(round + 1)} />
      <Findings question={{ q: questionOf(search), ...asked }} zone={zone} />
      <section>
        <h2>{t("insights.failed")}</h2>
        <div className="insight-columns">
          <Counted
            {...part}
            of={failed_logins}
            field="actor.name"
            title={t("insights.by_user")}
            name={t("insights.user")}
          />
          <Counted {...part} of={failed_logins} field="source.ip" title={t("insights.by_ip")} name={t("insights.ip")} />
          <Counted
            {...part}
            of={failed_logins}
            field="source.geo.country"
            title={t("insights.by_country")}
            name={t("insights.country")}
            show={countryName}
          />
        </div>
      </section>
      <Hours {...part} />
      <Places {...part} />
      <section>
        <h2>{t("insights.changes")}</h2>
        <div className="insight-columns">
          <Counted
            {...part}
            of={deletes}
            field="actor.name"
            title={t("insights.deletes.user")}
            name={t("insights.user")}
          />
          <Counted
            {...part}
            of={deletes}
            field="target.type"
            show={(value) => labelOf(page.catalog?.objects, value)}
            title={t("insights.deletes.object")}
            name={t("insights.object")}
          />
          <Counted {...part} of={key_changes} field="actor.name" title={t("insights.keys")} name={t("insights.user")} />
        </div>
      </section>
      <Credits />
    </div>
  );
}

type CountedProps = Part & {
  of: readonly Narrowing[];
  field: string;
  title: string;
  name: string;
  show?: (value: string) => string;
};

function Counted({ search, asked, zone, of, field, title, name, show }: CountedProps) {
  const { data, error, reload } = useTop({ search, asked, zone }, of, field, 8);
  if (error !== undefined) return <ErrorNotice error={error} onRetry={reload} />;
  const to = (value: string) => eventsAddress(search, zone, [...of, [field, value]]);
  return <CountTable title={title} name={name} counts={data} to={to} {...(show ? { show } : {})} />;
}

function useTop({ search, asked }: Part, of: readonly Narrowing[], field: string, limit: number) {
  return useRequest<Values>("/v1/top", { q: questionOf(narrowed(search, of)), ...asked, field, limit });
}

/* The server counts at most so many hours at once. */
const most_hours = 4800;
const kinds = { logins, failed: failed_logins, deletes, all: [] } as const satisfies Record<
  string,
  readonly Narrowing[]
>;
type Kind = keyof typeof kinds;

function Hours({ search, asked, zone }: Part) {
  const [kind, setKind] = useState<Kind>("logins");
  const end = asked.to ?? new Date().toISOString();
  const earliest = Date.parse(end) - most_hours * 3_600_000;
  const cut = asked.from === undefined || Date.parse(asked.from) < earliest;
  // To the minute, so that an open end does not ask anew each time.
  const from = cut ? `${new Date(earliest).toISOString().slice(0, 16)}:00Z` : asked.from;
  const q = questionOf(narrowed(search, kinds[kind]));
  const { data, error, reload } = useRequest<Histogram>("/v1/histogram", { q, ...asked, from, interval: "1h" });
  const heat = useMemo(() => data && heatOf(data.bounds, data.series[0]?.counts ?? [], zone), [data, zone]);
  return (
    <section>
      <div className="row">
        <h2>{t("insights.hours")}</h2>
        <span className="spacer" />
        <label className="size-choice">
          {t("insights.count")}
          <select
            className="button native-select"
            value={kind}
            onChange={(event) => setKind(event.target.value as Kind)}
          >
            {(Object.keys(kinds) as Kind[]).map((name) => (
              <option key={name} value={name}>
                {t(`insights.kind.${name}`)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <p className="muted">
        {t("insights.hours.zone", { zone: zoneLabel(zone) })} {cut && t("insights.hours.cut")}
      </p>
      {error !== undefined && <ErrorNotice error={error} onRetry={reload} />}
      {heat && (
        <TableFrame label={t("insights.hours")}>
          <HeatTable
            heat={heat}
            caption={t("insights.hours")}
            to={(cell) =>
              eventsAddress({ ...search, range: rangeOf(cell.spans) }, zone, kinds[kind], spansTerm(cell.spans))
            }
          />
        </TableFrame>
      )}
    </section>
  );
}

/* The range of the page would be found by its preset at another time: the cell's own spans are exact. */
function rangeOf(spans: readonly { from: string; to: string }[]) {
  return { from: spans[0]!.from, to: spans[spans.length - 1]!.to };
}

function Places({ search, asked, zone }: Part) {
  const part = { search, asked, zone };
  const { data, error, reload } = useTop(part, logins, "source.geo.country", 300);
  const shown = data && { ...data, values: data.values.slice(0, 10) };
  return (
    <section>
      <h2>{t("insights.places")}</h2>
      {error !== undefined && <ErrorNotice error={error} onRetry={reload} />}
      <div className="insight-map">
        <Suspense fallback={<div className="world" />}>
          <WorldMap counts={data?.values ?? []} />
        </Suspense>
        <CountTable
          title={t("insights.by_country")}
          name={t("insights.country")}
          counts={shown}
          show={countryName}
          to={(value) => eventsAddress(search, zone, [...logins, ["source.geo.country", value]])}
        />
      </div>
    </section>
  );
}
