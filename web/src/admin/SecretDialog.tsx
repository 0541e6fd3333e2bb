import { Copy } from "lucide-react";
import { t } from "../text/text.ts";
import { copyText } from "../ui/copy.ts";
import { ModalDialog } from "../ui/ModalDialog.tsx";

type Props = { title: string; text: string; label: string; secret: string; onClose: () => void };

/* Something that is shown this once: a key, a link. It is not closed by a slip. */
export function SecretDialog({ title, text, label, secret, onClose }: Props) {
  return (
    <ModalDialog
      title={title}
      alert
      onClose={onClose}
      footer={
        <>
          <button type="button" className="button" onClick={() => void copyText(secret)}>
            <Copy size={14} aria-hidden />
            {t("shell.copy")}
          </button>
          <button type="button" className="button primary" onClick={onClose}>
            {t("admin.kept")}
          </button>
        </>
      }
    >
      <p>{text}</p>
      <output className="secret mono" aria-label={label}>
        {secret}
      </output>
    </ModalDialog>
  );
}
