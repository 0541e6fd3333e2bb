import type { Active } from "../search/describe.ts";
import { rangeText } from "../search/describe.ts";
import type { Preset } from "../state/range.ts";
import type { Search } from "../state/search.ts";
import { t } from "../text/text.ts";
import { Notice } from "../ui/Notice.tsx";

type Props = {
  search: Search;
  active: readonly Active[];
  zone: string;
  onChange: (search: Search) => void;
  onClear: () => void;
};

/* Where nothing matches: which filters to widen, each at one press. */
export function EmptyState({ search, active, zone, onChange, onClear }: Props) {
  const wider = widerRange(search);
  const filters = active.filter((filter) => filter.id !== "range");
  if (!wider && filters.length === 0 && !search.log) return <Notice title={t("results.empty.nothing")} />;
  return (
    <Notice title={t("results.empty")}>
      <p>{t("results.empty.widen")}</p>
      <ul className="plain-list row">
        {wider && (
          <Suggestion
            text={t("results.empty.range", { range: rangeText({ preset: wider }, zone) })}
            onChoose={() => onChange({ ...search, range: { preset: wider }, open: null })}
          />
        )}
        {filters.map((filter) => (
          <Suggestion
            key={filter.id}
            text={t("results.empty.without", { filter: filter.text })}
            onChoose={() => onChange(filter.without)}
          />
        ))}
        {search.log && (
          <Suggestion
            text={t("results.empty.all_logs")}
            onChoose={() => onChange({ ...search, log: "", columns: null })}
          />
        )}
        {filters.length > 1 && <Suggestion text={t("results.empty.clear")} onChoose={onClear} />}
      </ul>
    </Notice>
  );
}

/* The next range that is clearly longer than the one searched. */
function widerRange({ range }: Search): Preset | null {
  if (!("preset" in range)) return "year";
  if (range.preset === "all") return null;
  const next: Partial<Record<Preset, Preset>> = {
    "24h": "7d",
    today: "7d",
    week: "30d",
    "7d": "30d",
    "30d": "6mo",
    month: "6mo",
  };
  return next[range.preset] ?? "all";
}

function Suggestion({ text, onChoose }: { text: string; onChoose: () => void }) {
  return (
    <li>
      <button type="button" className="button" onClick={onChoose}>
        <bdi>{text}</bdi>
      </button>
    </li>
  );
}
