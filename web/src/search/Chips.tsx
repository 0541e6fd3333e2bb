import { X } from "lucide-react";
import type { Search } from "../state/search.ts";
import { t } from "../text/text.ts";
import type { Active } from "./describe.ts";

type Props = { active: readonly Active[]; onChange: (search: Search) => void; onClear: () => void };

/* The filters that are on; a press takes one away at once. */
export function Chips({ active, onChange, onClear }: Props) {
  if (active.length === 0) return null;
  return (
    <ul className="plain-list chips" aria-label={t("search.active")}>
      {active.map((filter) => (
        <li key={filter.id}>
          <button
            type="button"
            className="chip"
            aria-label={t("search.remove", { filter: filter.text })}
            onClick={() => onChange(filter.without)}
          >
            <bdi>{filter.text}</bdi>
            <X size={14} aria-hidden />
          </button>
        </li>
      ))}
      <li>
        <button type="button" className="link-button" onClick={onClear}>
          {t("search.clear_all")}
        </button>
      </li>
    </ul>
  );
}
