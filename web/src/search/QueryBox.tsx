import { SearchIcon } from "lucide-react";
import { type KeyboardEvent, type RefObject, useId, useState } from "react";
import type { Catalog } from "../api/catalog.ts";
import { t } from "../text/text.ts";
import { type Completion, useCompletions } from "./completions.ts";

type Props = {
  input: RefObject<HTMLInputElement | null>;
  query: string;
  catalog: Catalog | undefined;
  recent: readonly string[];
  onChange: (query: string) => void;
  onSearch: (query: string) => void;
};

/* The query as text, with completion of the word at the cursor: names of fields, then values that occur.
   React Aria's combo box replaces its whole text by what is picked; here one word of many is, hence a combo box of our own. */
export function QueryBox({ input, query, catalog, recent, onChange, onSearch }: Props) {
  const list = useId();
  const [caret, setCaret] = useState<number | null>(null);
  const [active, setActive] = useState(-1);
  const completions = useCompletions(query, caret, catalog, recent);
  const open = caret !== null && completions.length > 0;
  const chosen = open ? completions[active] : undefined;

  function close() {
    setCaret(null);
    setActive(-1);
  }
  function take(completion: Completion) {
    onChange(completion.query);
    setActive(-1);
    setCaret(completion.final ? null : completion.caret);
    // The field shows the new text after this render; then the cursor goes behind what was put in.
    requestAnimationFrame(() => input.current?.setSelectionRange(completion.caret, completion.caret));
  }
  function press(event: KeyboardEvent<HTMLInputElement>) {
    if (event.nativeEvent.isComposing) return;
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && open) {
      const step = event.key === "ArrowDown" ? 1 : -1;
      setActive((active + step + completions.length + (active < 0 && step < 0 ? 1 : 0)) % completions.length);
    } else if (event.key === "ArrowDown") setCaret(event.currentTarget.selectionStart);
    else if (event.key === "Enter" && chosen) take(chosen);
    else if (event.key === "Enter") {
      close();
      onSearch(query);
    } else if (event.key === "Escape" && open) close();
    else return;
    event.preventDefault();
  }
  return (
    <div className="query-box">
      <SearchIcon size={16} aria-hidden className="query-icon" />
      <input
        ref={input}
        className="input"
        type="text"
        role="combobox"
        aria-label={t("search.query")}
        aria-autocomplete="list"
        aria-expanded={open}
        aria-controls={open ? list : undefined}
        aria-activedescendant={chosen ? `${list}-${active}` : undefined}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        maxLength={4000}
        dir="auto"
        placeholder={t("search.placeholder")}
        value={query}
        onChange={(event) => {
          onChange(event.target.value);
          setCaret(event.target.selectionStart);
          setActive(-1);
        }}
        onKeyDown={press}
        onSelect={(event) => {
          const at = event.currentTarget.selectionStart;
          setCaret((before) => (before === null ? null : at));
        }}
        onClick={(event) => setCaret(event.currentTarget.selectionStart)}
        onBlur={close}
      />
      {open && (
        <ul id={list} role="listbox" aria-label={t("search.completions")} className="plain-list completions">
          {completions.map((completion, at) => (
            // The keyboard moves in the list from the field (aria-activedescendant).
            // eslint-disable-next-line jsx-a11y/click-events-have-key-events
            <li
              key={`${completion.text} ${completion.detail ?? ""}`}
              id={`${list}-${at}`}
              role="option"
              aria-selected={at === active}
              tabIndex={-1}
              className={at === active ? "list-item active" : "list-item"}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => take(completion)}
            >
              <bdi className="list-text">{completion.text}</bdi>
              {completion.detail && <span className="list-detail">{completion.detail}</span>}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
