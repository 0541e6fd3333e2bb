import { t } from "../text/text.ts";
import { CheckField } from "../ui/CheckField.tsx";
import { type ColumnId, columnName, possibleColumns, usualColumns } from "./columns.tsx";

type Props = {
  log: string;
  zone: string;
  shown: readonly string[];
  onChange: (columns: readonly string[] | null) => void;
};

/* Which columns the table shows; each change is seen at once. */
export default function ColumnsPopup({ log, zone, shown, onChange }: Props) {
  const possible = possibleColumns(log);
  const toggle = (id: ColumnId, on: boolean) =>
    onChange(possible.filter((other) => (other === id ? on : shown.includes(other))));
  return (
    <>
      <fieldset className="check-list" aria-label={t("results.columns")}>
        {possible.map((id) => (
          <CheckField key={id} checked={shown.includes(id)} onChange={(on) => toggle(id, on)}>
            {columnName(id, log, zone)}
          </CheckField>
        ))}
      </fieldset>
      <div className="sticky-bottom row">
        <button type="button" className="button" onClick={() => onChange(possible)}>
          {t("results.columns.all")}
        </button>
        <button type="button" className="button" onClick={() => onChange([])}>
          {t("results.columns.none")}
        </button>
        <button type="button" className="button quiet" onClick={() => onChange(null)} disabled={isUsual(log, shown)}>
          {t("results.columns.reset")}
        </button>
      </div>
    </>
  );
}

function isUsual(log: string, shown: readonly string[]): boolean {
  const usual = usualColumns(log);
  return shown.length === usual.length && usual.every((id) => shown.includes(id));
}
