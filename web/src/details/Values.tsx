import { Copy, Ellipsis } from "lucide-react";
import type { RefObject } from "react";
import { t } from "../text/text.ts";
import { copyText } from "../ui/copy.ts";
import type { Fact } from "./sections.ts";
import { Shown } from "./Shown.tsx";
import type { ParameterTag } from "./tags.ts";
import { cutText } from "./visible.ts";

/* A value whose menu is open. */
export type Picked = { name: string; value: string; field: string; anchor: RefObject<HTMLElement> };
export type Pick = (picked: Picked) => void;

type MenuButtonProps = { name: string; value: string; field: string; onPick: Pick };

function MenuButton({ name, value, field, onPick }: MenuButtonProps) {
  return (
    <button
      type="button"
      className="value-menu"
      aria-haspopup="menu"
      aria-label={t("details.value.menu", { name })}
      onClick={(event) => onPick({ name, value, field, anchor: { current: event.currentTarget } })}
    >
      <Ellipsis size={14} aria-hidden />
    </button>
  );
}

export function Facts({ facts, onPick }: { facts: readonly Fact[]; onPick: Pick }) {
  return (
    <dl className="event-facts">
      {facts.map((fact, i) => (
        <div key={i}>
          <dt>{fact.label}</dt>
          <dd>
            <span className={fact.mono ? "mono" : undefined}>
              {fact.value ? <Shown text={fact.value} /> : t("shell.none")}
            </span>
            {fact.note && (
              <span className="muted">
                {" "}
                <Shown text={fact.note} />
              </span>
            )}
            {fact.field && fact.value && (
              <MenuButton name={fact.label} value={fact.filterValue ?? fact.value} field={fact.field} onPick={onPick} />
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

const tag_max = 200;

/* Inside a button there is no second one: a long value is cut, and copied whole. */
function shortened(value: string): string {
  return value.length > tag_max ? `${cutText(value, tag_max)}…` : value;
}

/* Click copies the value; the menu beside it filters. */
export function Tags({ tags, onPick }: { tags: readonly ParameterTag[]; onPick: Pick }) {
  return (
    <ul className="param-tags">
      {tags.map((tag) => (
        <li key={tag.name} className="param-tag">
          <button
            type="button"
            className="param-copy"
            title={t("details.value.copy")}
            onClick={() => void copyText(tag.value)}
          >
            <span className="param-name">
              <Shown text={tag.name} />
            </span>{" "}
            <span className="param-value mono">
              {tag.value === "" ? t("details.value.empty") : <Shown text={shortened(tag.value)} max={Infinity} />}
            </span>
            <span className="visually-hidden"> {t("details.value.copy")}</span>
            <Copy size={12} aria-hidden className="param-icon" />
          </button>
          <MenuButton name={tag.name} value={tag.value} field={tag.field} onPick={onPick} />
        </li>
      ))}
    </ul>
  );
}
