import { Check, ChevronDown } from "lucide-react";
import { useCallback, useState } from "react";
import { Button } from "react-aria-components/Button";
import { Label } from "react-aria-components/Label";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { Select as AriaSelect, SelectValue } from "react-aria-components/Select";
import { useBlur } from "./use_blur.ts";

export type Choice<Id extends string> = { id: Id; text: string };
type Props<Id extends string> = {
  label: string;
  /* Whether the label is only spoken. */
  hideLabel?: boolean;
  choices: readonly Choice<Id>[];
  chosen: Id;
  onChoose: (id: Id) => void;
  isDisabled?: boolean;
};

/* One of a few choices. */
export function Select<Id extends string>({ label, hideLabel, choices, chosen, onChoose, isDisabled }: Props<Id>) {
  const [open, setOpen] = useState(false);
  useBlur(useCallback(() => setOpen(false), []));
  return (
    <AriaSelect
      className="field"
      isOpen={open}
      onOpenChange={setOpen}
      value={chosen}
      onChange={(key) => onChoose(key as Id)}
      {...(hideLabel ? { "aria-label": label } : {})}
      {...(isDisabled ? { isDisabled } : {})}
    >
      {!hideLabel && <Label className="label">{label}</Label>}
      <Button className="button select">
        <SelectValue className="select-value" />
        <ChevronDown size={16} aria-hidden />
      </Button>
      <Popover className="popup">
        <ListBox className="list" items={choices}>
          {(choice) => (
            <ListBoxItem id={choice.id} textValue={choice.text} className="list-item">
              <Check size={14} aria-hidden className="list-check" />
              <span className="list-text">{choice.text}</span>
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
