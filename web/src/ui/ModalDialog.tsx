import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Dialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { t } from "../text/text.ts";

type Props = {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /* Buttons at its end. */
  footer?: ReactNode;
  wide?: boolean;
  /* An alert dialog is not closed by a press outside of it. */
  alert?: boolean;
};

/* A dialog above the page, open for as long as it is rendered; the focus goes back to where it was. */
export function ModalDialog({ title, onClose, children, footer, wide, alert }: Props) {
  return (
    <ModalOverlay
      isOpen
      isDismissable={!alert}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      className="modal-overlay"
    >
      <Modal className={wide ? "modal wide" : "modal"}>
        <Dialog role={alert ? "alertdialog" : "dialog"} className="modal-body">
          <div className="modal-head">
            <Heading slot="title" className="modal-title">
              {title}
            </Heading>
            <button type="button" className="button quiet icon-only" aria-label={t("shell.close")} onClick={onClose}>
              <X size={18} aria-hidden />
            </button>
          </div>
          {children}
          {footer && <div className="modal-foot">{footer}</div>}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
