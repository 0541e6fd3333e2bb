import { t } from "../text/text.ts";
import { CheckField } from "../ui/CheckField.tsx";

type Props = {
  /* Those that may be shown, in the order of the table, and those that are shown unless the reader chooses. */
  possible: readonly { id: string; name: string }[];
  usual: readonly string[];
  shown: readonly string[];
  onChange: (columns: readonly string[] | null) => void;
};

/* Which columns a table shows; each change is seen at once. */
export default function ColumnsPopup({ possible, usual, shown, onChange }: Props) {
  const ids = possible.map(({ id }) => id);
  const toggle = (id: string, on: boolean) =>
    onChange(ids.filter((other) => (other === id ? on : shown.includes(other))));
  return (
    <>
      <fieldset className="check-list" aria-label={t("results.columns")}>
        {possible.map(({ id, name }) => (
          <CheckField key={id} checked={shown.includes(id)} onChange={(on) => toggle(id, on)}>
            {name}
          </CheckField>
        ))}
      </fieldset>
      <div className="sticky-bottom row">
        <button type="button" className="button" onClick={() => onChange(ids)}>
          {t("results.columns.all")}
        </button>
        <button type="button" className="button" onClick={() => onChange([])}>
          {t("results.columns.none")}
        </button>
        <button type="button" className="button quiet" onClick={() => onChange(null)} disabled={same(usual, shown)}>
          {t("results.columns.reset")}
        </button>
      </div>
    </>
  );
}

function same(usual: readonly string[], shown: readonly string[]): boolean {
  return shown.length === usual.length && usual.every((id) => shown.includes(id));
}
