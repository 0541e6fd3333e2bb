import { Check, SearchIcon } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { Autocomplete, useFilter } from "react-aria-components/Autocomplete";
import { Header } from "react-aria-components/Header";
import { Input } from "react-aria-components/Input";
import { ListBox, ListBoxItem, ListBoxSection } from "react-aria-components/ListBox";
import { SearchField } from "react-aria-components/SearchField";
import { useCatalog } from "../api/catalog.ts";
import { formatNumber } from "../text/format.ts";
import type { FilterName, Search } from "../state/search.ts";
import { t } from "../text/text.ts";
import { groupsOf, type OptionGroup, takesTyped, useOptions } from "./options.ts";

type Props = {
  name: FilterName;
  draft: Search;
  zone: string;
  onApply: (values: string[]) => void;
  onClose: () => void;
};

/* The values of one filter as a searchable list of check boxes with counts. Nothing is taken over until Apply. */
export default function CheckListPopup({ name, draft, zone, onApply, onClose }: Props) {
  const catalog = useCatalog();
  const label = t(`search.filter.${name}`);
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(draft.filters[name]));
  const options = useOptions(name, draft, zone, catalog, typed, chosen);
  const groups = useMemo(() => groupsOf(options.list), [options.list]);
  const { contains } = useFilter({ sensitivity: "base" });
  const shown = options.list.filter((option) => contains(option.text, typed)).map((option) => option.value);
  const all = shown.length > 0 && shown.every((value) => chosen.has(value));
  const find = takesTyped(name)
    ? t("search.filter.type", { filter: label })
    : t("search.filter.find", { filter: label });
  return (
    <Autocomplete filter={contains} inputValue={typed} onInputChange={setTyped}>
      {/* The popup was opened to type into it. */}
      {/* eslint-disable-next-line jsx-a11y/no-autofocus */}
      <SearchField aria-label={find} className="search-field sticky-top" autoFocus>
        <SearchIcon size={16} aria-hidden />
        <Input placeholder={find} className="input" />
      </SearchField>
      {name === "ip" && <p className="list-empty">{t("search.filter.hint.ip")}</p>}
      {takesTyped(name) && name !== "ip" && <p className="list-empty">{t("search.filter.hint.name")}</p>}
      <ListBox
        aria-label={label}
        className="list"
        items={groups}
        selectionMode="multiple"
        selectedKeys={chosen}
        onSelectionChange={(keys) => setChosen(keys === "all" ? new Set(shown) : new Set([...keys].map(String)))}
        renderEmptyState={() => (
          <p className="list-empty">{options.loading ? t("shell.loading") : t("search.filter.none")}</p>
        )}
      >
        {(group) => <Group group={group} />}
      </ListBox>
      {options.rest > 0 && <p className="list-empty">{t("search.filter.rest", { count: options.rest })}</p>}
      <div className="sticky-bottom row">
        <button
          type="button"
          className="button quiet"
          disabled={shown.length === 0}
          onClick={() => setChosen(all ? without(chosen, shown) : new Set([...chosen, ...shown]))}
        >
          {all ? t("search.select_none") : t("search.select_all")}
        </button>
        <span className="spacer" />
        <button type="button" className="button" onClick={onClose}>
          {t("search.cancel")}
        </button>
        <button type="button" className="button primary" onClick={() => onApply([...chosen])}>
          {t("search.apply")}
        </button>
      </div>
      <FreshOptions loading={options.loading} />
    </Autocomplete>
  );
}

function without(values: ReadonlySet<string>, taken: readonly string[]): Set<string> {
  return new Set([...values].filter((value) => !taken.includes(value)));
}

function Group({ group }: { group: OptionGroup }) {
  return (
    <ListBoxSection id={group.title} className="list-section" aria-label={group.title}>
      {group.title && <Header className="list-title">{group.title}</Header>}
      {group.options.map((option) => (
        <ListBoxItem key={option.value} id={option.value} textValue={option.text} className="list-item">
          <span className="check-box" aria-hidden>
            <Check size={12} strokeWidth={3} />
          </span>
          <span className="list-text">
            <bdi>{option.text}</bdi>
          </span>
          {option.count !== undefined && <span className="list-detail">{formatNumber(option.count)}</span>}
        </ListBoxItem>
      ))}
    </ListBoxSection>
  );
}

/* Says to screen readers when the counts have come. */
function FreshOptions({ loading }: { loading: boolean }) {
  const [text, setText] = useState("");
  useEffect(() => setText(loading ? t("shell.loading") : ""), [loading]);
  return (
    <p role="status" className="visually-hidden">
      {text}
    </p>
  );
}
