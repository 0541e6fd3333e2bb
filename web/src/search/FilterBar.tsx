import { ChevronDown, Filter, RotateCcw, SearchIcon } from "lucide-react";
import { lazy, type ReactNode, type RefObject, type SyntheticEvent, useState } from "react";
import type { Catalog } from "../api/catalog.ts";
import { countFilters, type FilterName, type Search, withFilter } from "../state/search.ts";
import { t } from "../text/text.ts";
import { PopupButton } from "../ui/PopupButton.tsx";
import { rangeText, valuesText } from "./describe.ts";
import { QueryBox } from "./QueryBox.tsx";

const CheckListPopup = lazy(async () => ({ default: (await import("../popups.ts")).CheckListPopup }));
const RangePopup = lazy(() => import("./RangePopup.tsx"));

/* Fetches the popups' code while nothing else is to be done, so that a filter opens at once. */
export function warmFilters(): void {
  void import("../popups.ts");
  void import("./RangePopup.tsx");
}

type Props = {
  draft: Search;
  /* Whether the draft is not yet what is shown. */
  staged: boolean;
  zone: string;
  catalog: Catalog | undefined;
  recent: readonly string[];
  query: RefObject<HTMLInputElement | null>;
  range: RefObject<HTMLDivElement | null>;
  onDraft: (draft: Search) => void;
  onSearch: (draft: Search) => void;
  onClear: () => void;
  children?: ReactNode;
};

const groups: readonly (readonly FilterName[])[] = [
  ["action", "object", "product", "activity", "category", "outcome"],
  ["actor", "by_domain", "ip", "user", "domain"],
];

/* Everything to search by. Changes are staged until Search. */
export function FilterBar({ children, query, range, recent, ...props }: Props) {
  const { draft, staged, zone, catalog, onDraft, onSearch, onClear } = props;
  const [unfolded, setUnfolded] = useState(false);
  const count = countFilters(draft.filters);
  function submit(event: SyntheticEvent) {
    event.preventDefault();
    onSearch(draft);
  }
  return (
    <form className="filter-bar" role="search" onSubmit={submit}>
      <div className="filter-row">
        <QueryBox
          input={query}
          query={draft.q}
          catalog={catalog}
          recent={recent}
          onChange={(q) => onDraft({ ...draft, q })}
          onSearch={(q) => onSearch({ ...draft, q })}
        />
        <div className="range-choice" ref={range}>
          <PopupButton
            named
            label={t("search.range", { range: rangeText(draft.range, zone) })}
            popup={(close) => (
              <RangePopup
                range={draft.range}
                zone={zone}
                onApply={(range) => {
                  onDraft({ ...draft, range });
                  close();
                }}
                onClose={close}
              />
            )}
          >
            <span>{rangeText(draft.range, zone)}</span>
            <ChevronDown size={16} aria-hidden />
          </PopupButton>
        </div>
        <div className="search-buttons">
          <button type="submit" className="button primary" title={staged ? t("search.staged") : undefined}>
            <SearchIcon size={16} aria-hidden />
            {t("search.search")}
            {staged && <span className="staged-mark" aria-hidden />}
          </button>
          <button type="button" className="button" onClick={onClear}>
            <RotateCcw size={16} aria-hidden />
            {t("search.clear")}
          </button>
          {children}
        </div>
      </div>
      <button
        type="button"
        className="button narrow-only"
        aria-expanded={unfolded}
        aria-controls="filters"
        onClick={() => setUnfolded(!unfolded)}
      >
        <Filter size={16} aria-hidden />
        {count > 0 ? t("search.filters.count", { count }) : t("search.filters")}
      </button>
      <div id="filters" className={unfolded ? "filters unfolded" : "filters"}>
        {groups.map((names) => (
          <div key={names[0]} className="filter-group">
            {names.map((name) => (
              <FilterButton key={name} name={name} draft={draft} zone={zone} catalog={catalog} onDraft={onDraft} />
            ))}
          </div>
        ))}
      </div>
      <p className="visually-hidden" role="status">
        {staged ? t("search.staged") : ""}
      </p>
    </form>
  );
}

type ButtonProps = Pick<Props, "draft" | "zone" | "catalog" | "onDraft"> & { name: FilterName };

function FilterButton({ name, draft, zone, catalog, onDraft }: ButtonProps) {
  const chosen = draft.filters[name] ?? [];
  const label = t(`search.filter.${name}`);
  return (
    <PopupButton
      named
      label={label}
      className={chosen.length > 0 ? "button filter on" : "button filter"}
      popup={(close) => (
        <CheckListPopup
          name={name}
          draft={draft}
          zone={zone}
          onApply={(values) => {
            onDraft(withFilter(draft, name, values));
            close();
          }}
          onClose={close}
        />
      )}
    >
      <span className="filter-text">
        {label}
        {chosen.length > 0 && <bdi>: {valuesText(name, chosen, catalog)}</bdi>}
      </span>
      <ChevronDown size={14} aria-hidden />
    </PopupButton>
  );
}
