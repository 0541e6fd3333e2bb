import { Menu, MenuItem } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { t } from "../text/text.ts";
import { copyText } from "../ui/copy.ts";
import type { Picked } from "./Values.tsx";

type Props = {
  picked: Picked;
  onFilter?: ((field: string, value: string, negate: boolean) => void) | undefined;
  onClose: () => void;
};

/* One menu for all values of an event, opened at the one that was picked. */
export default function ValueMenu({ picked, onFilter, onClose }: Props) {
  const { name, field, value, anchor } = picked;
  function act(key: React.Key) {
    if (key === "copy") void copyText(value);
    else onFilter?.(field, value, key === "exclude");
  }
  return (
    <Popover
      className="popup"
      triggerRef={anchor}
      isOpen
      onOpenChange={(open) => !open && onClose()}
      placement="bottom start"
    >
      {/* The focus moves into a menu when it opens, and back when it closes. */}
      {/* eslint-disable-next-line jsx-a11y/no-autofocus */}
      <Menu className="list" aria-label={name} autoFocus="first" onAction={act} onClose={onClose}>
        <MenuItem id="copy" className="list-item">
          {t("details.value.copy")}
        </MenuItem>
        {onFilter && value !== "" && (
          <MenuItem id="filter" className="list-item">
            {t("details.value.filter")}
          </MenuItem>
        )}
        {onFilter && value !== "" && (
          <MenuItem id="exclude" className="list-item">
            {t("details.value.exclude")}
          </MenuItem>
        )}
      </Menu>
    </Popover>
  );
}
