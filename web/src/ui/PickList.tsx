import { Check, Search } from "lucide-react";
import { Autocomplete, useFilter } from "react-aria-components/Autocomplete";
import { Header } from "react-aria-components/Header";
import { Input } from "react-aria-components/Input";
import { ListBox, ListBoxItem, ListBoxSection } from "react-aria-components/ListBox";
import { SearchField } from "react-aria-components/SearchField";

export type Option = { id: string; text: string; detail?: string };
export type Section = { title: string; options: Option[] };
type Props = {
  label: string;
  placeholder: string;
  /* Said where nothing matches. */
  empty: string;
  sections: Section[];
  chosen: string;
  onChoose: (id: string) => void;
  /* Where the options depend on the text (asked of the server): told each change; the options are then taken as they are. */
  onSearch?: (text: string) => void;
};

/* A list to pick one of, with a search field above it; for use in a popup. */
export function PickList({ label, placeholder, empty, sections, chosen, onChoose, onSearch }: Props) {
  const { contains } = useFilter({ sensitivity: "base" });
  return (
    <Autocomplete {...(onSearch ? { onInputChange: onSearch } : { filter: contains })}>
      {/* The popup was opened to type into it. */}
      {/* eslint-disable-next-line jsx-a11y/no-autofocus */}
      <SearchField aria-label={placeholder} className="search-field sticky-top" autoFocus>
        <Search size={16} aria-hidden />
        <Input placeholder={placeholder} className="input" />
      </SearchField>
      <ListBox
        aria-label={label}
        className="list"
        items={sections}
        selectionMode="single"
        selectedKeys={[chosen]}
        disallowEmptySelection
        onSelectionChange={(keys) => {
          const [key] = keys;
          if (key !== undefined) onChoose(String(key));
        }}
        renderEmptyState={() => <p className="list-empty">{empty}</p>}
      >
        {(section) => (
          <ListBoxSection id={section.title} className="list-section">
            <Header className="list-title">{section.title}</Header>
            {section.options.map((option) => (
              <ListBoxItem key={option.id} id={option.id} textValue={option.text} className="list-item">
                <Check size={14} aria-hidden className="list-check" />
                <span className="list-text">{option.text}</span>
                {option.detail && <span className="list-detail">{option.detail}</span>}
              </ListBoxItem>
            ))}
          </ListBoxSection>
        )}
      </ListBox>
    </Autocomplete>
  );
}
