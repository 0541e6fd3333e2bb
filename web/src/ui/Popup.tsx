import type { ReactNode, RefObject } from "react";
import { Dialog } from "react-aria-components/Dialog";
import { Popover } from "react-aria-components/Popover";
import { useBlur } from "./use_blur.ts";

type Props = {
  trigger: RefObject<HTMLElement | null>;
  label: string;
  onClose: () => void;
  children: ReactNode;
};

/* The popup of a PopupButton: below its button, closed by Escape, by a press elsewhere, and when a frame loses
   the focus. The popup itself scrolls, not the lists in it. */
export default function Popup({ trigger, label, onClose, children }: Props) {
  useBlur(onClose);
  return (
    <Popover
      triggerRef={trigger}
      isOpen
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      placement="bottom start"
      className="popup"
    >
      <Dialog aria-label={label} className="popup-body">
        {children}
      </Dialog>
    </Popover>
  );
}
