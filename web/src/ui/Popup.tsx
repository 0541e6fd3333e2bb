import { type ReactNode, type RefObject, useEffect } from "react";
import { Dialog } from "react-aria-components/Dialog";
import { Popover } from "react-aria-components/Popover";

type Props = {
  trigger: RefObject<HTMLElement | null>;
  label: string;
  onClose: () => void;
  children: ReactNode;
};

/* The popup of a PopupButton: below its button, closed by Escape, by a press elsewhere, and when the window loses the focus
   (a press in the page around a frame is seen in no other way). The popup itself scrolls, not the lists in it. */
export default function Popup({ trigger, label, onClose, children }: Props) {
  useEffect(() => {
    if (window.parent === window) return;
    window.addEventListener("blur", onClose);
    return () => window.removeEventListener("blur", onClose);
  }, [onClose]);
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
