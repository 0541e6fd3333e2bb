import { Plus, Search } from "lucide-react";
import { Input } from "react-aria-components/Input";
import { SearchField } from "react-aria-components/SearchField";
import { t } from "../text/text.ts";

type Props = {
  title: string;
  /* What the search field looks for. */
  find: string;
  prefix: string;
  onPrefix: (prefix: string) => void;
  action?: string;
  onAction?: () => void;
};

/* The heading of a list: its title, a search by how names begin, the button that makes a new one. */
export function ListHead({ title, find, prefix, onPrefix, action, onAction }: Props) {
  return (
    <div className="list-head">
      <h1>{title}</h1>
      <SearchField aria-label={find} className="search-field" value={prefix} onChange={onPrefix}>
        <Search size={16} aria-hidden />
        <Input placeholder={find} className="input" />
      </SearchField>
      {action && (
        <button type="button" className="button primary" onClick={onAction}>
          <Plus size={16} aria-hidden />
          {action}
        </button>
      )}
    </div>
  );
}

/* Said in place of an empty table. */
export function Empty({ filtered, text }: { filtered: boolean; text: string }) {
  return <p className="empty muted">{filtered ? t("admin.none_found") : text}</p>;
}
