import { type ReactNode, useState } from "react";
import { t } from "../text/text.ts";
import { ErrorNotice } from "./ErrorNotice.tsx";
import { ModalDialog } from "./ModalDialog.tsx";

type Props = {
  title: string;
  /* The word on the button that does it. */
  action: string;
  children: ReactNode;
  onConfirm: () => Promise<void>;
  onClose: () => void;
};

/* Asks before something that cannot be taken back, does it, and stays open with the reason where it fails. */
export function ConfirmDialog({ title, action, children, onConfirm, onClose }: Props) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  async function confirm() {
    setBusy(true);
    try {
      await onConfirm();
      onClose();
    } catch (reason) {
      setError(reason);
      setBusy(false);
    }
  }
  return (
    <ModalDialog
      title={title}
      alert
      onClose={onClose}
      footer={
        <>
          <button type="button" className="button" onClick={onClose}>
            {t("shell.cancel")}
          </button>
          <button type="button" className="button danger" disabled={busy} onClick={() => void confirm()}>
            {action}
          </button>
        </>
      }
    >
      {children}
      {error !== undefined && <ErrorNotice error={error} />}
    </ModalDialog>
  );
}
