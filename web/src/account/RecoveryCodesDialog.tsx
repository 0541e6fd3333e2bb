import { Copy, Download } from "lucide-react";
import { t } from "../text/text.ts";
import { copyText } from "../ui/copy.ts";
import { ModalDialog } from "../ui/ModalDialog.tsx";
import { recoveryFile } from "./codes.ts";

type Props = { login: string; codes: readonly string[]; onClose: () => void };

/* Recovery codes are shown this once; closing takes a word, not a slip. */
export function RecoveryCodesDialog({ login, codes, onClose }: Props) {
  function download() {
    const text = recoveryFile(t("account.codes.file", { login }), codes);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
    link.download = "daybook-recovery-codes.txt";
    link.click();
    URL.revokeObjectURL(link.href);
  }
  return (
    <ModalDialog
      title={t("account.codes.title")}
      alert
      onClose={onClose}
      footer={
        <>
          <button type="button" className="button" onClick={() => void copyText(codes.join("\n"))}>
            <Copy size={14} aria-hidden />
            {t("account.codes.copy")}
          </button>
          <button type="button" className="button" onClick={download}>
            <Download size={14} aria-hidden />
            {t("account.codes.download")}
          </button>
          <button type="button" className="button primary" onClick={onClose}>
            {t("account.codes.done")}
          </button>
        </>
      }
    >
      <p>{t("account.codes.text")}</p>
      <ol className="recovery-codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
    </ModalDialog>
  );
}
