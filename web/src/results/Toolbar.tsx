import { Keyboard, LayoutList, RefreshCw, Table2 } from "lucide-react";
import type { ReactNode } from "react";
import { type PageSize, pageSizes, type Search, type View } from "../state/search.ts";
import { t } from "../text/text.ts";
import { columnName, columnsFor, possibleColumns, usualColumns } from "./columns.tsx";
import { ColumnsButton } from "./ColumnsButton.tsx";

type Props = {
  search: Search;
  view: View;
  zone: string;
  loading: boolean;
  onChange: (change: Partial<Search>) => void;
  onRefresh: () => void;
  onShortcuts: () => void;
  /* More tools, such as the export. */
  children?: ReactNode;
};

export function Toolbar({ search, view, zone, loading, onChange, onRefresh, onShortcuts, children }: Props) {
  return (
    <div className="toolbar" role="toolbar" aria-label={t("results.view")}>
      <div className="segments" role="group" aria-label={t("results.view")}>
        <ViewButton view="table" shown={view} onChange={onChange} icon={<Table2 size={16} aria-hidden />} />
        <ViewButton view="cards" shown={view} onChange={onChange} icon={<LayoutList size={16} aria-hidden />} />
      </div>
      {view === "table" && (
        <ColumnsButton
          popup={() => ({
            possible: possibleColumns(search.log).map((id) => ({ id, name: columnName(id, search.log, zone) })),
            usual: usualColumns(search.log),
            shown: columnsFor(search.log, search.columns).map(({ id }) => id),
            onChange: (columns) => onChange({ columns }),
          })}
        />
      )}
      <button type="button" className="button" onClick={onRefresh}>
        <RefreshCw size={16} aria-hidden className={loading ? "turning" : undefined} />
        {t("results.refresh")}
      </button>
      {children}
      <label className="size-choice">
        {t("results.size")}
        <select
          className="button native-select"
          value={search.size}
          onChange={(event) => onChange({ size: Number(event.target.value) as PageSize })}
        >
          {pageSizes.map((size) => (
            <option key={size}>{size}</option>
          ))}
        </select>
      </label>
      <button
        type="button"
        className="button quiet icon-only wide-only"
        aria-label={t("results.shortcuts")}
        title={t("results.shortcuts")}
        onClick={onShortcuts}
      >
        <Keyboard size={18} aria-hidden />
      </button>
    </div>
  );
}

type ViewProps = { view: View; shown: View; onChange: Props["onChange"]; icon: ReactNode };

function ViewButton({ view, shown, onChange, icon }: ViewProps) {
  return (
    <button type="button" className="segment" aria-pressed={shown === view} onClick={() => onChange({ view })}>
      {icon}
      {t(`results.view.${view}`)}
    </button>
  );
}
