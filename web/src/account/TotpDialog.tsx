import { type SyntheticEvent, useId, useState } from "react";
import { api } from "../api/client.ts";
import { t } from "../text/text.ts";
import { copyText } from "../ui/copy.ts";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { ModalDialog } from "../ui/ModalDialog.tsx";
import { useSubmit } from "../ui/use_submit.ts";
import { CodeField } from "./CodeField.tsx";
import { codeDigits, onlyDigits } from "./codes.ts";
import { groupSecret, qrPath } from "./qr.ts";
import type { RecoveryCodes, TotpStart } from "./types.ts";

type Props = { start: TotpStart; onCodes: (codes: string[]) => void; onClose: () => void };

/* The QR code to scan, and the first code as the proof that it was scanned. */
export function TotpDialog({ start, onCodes, onClose }: Props) {
  const form = useId();
  const [code, setCode] = useState("");
  const { busy, error, run } = useSubmit();
  const { size, path } = qrPath(start.qr);
  function submit(event: SyntheticEvent) {
    event.preventDefault();
    void run(async () => {
      const answer = await api.put<RecoveryCodes>("/v1/me/totp", { code: onlyDigits(code) });
      onCodes(answer.recovery_codes);
    });
  }
  return (
    <ModalDialog
      title={t("account.second.set_up")}
      alert
      onClose={onClose}
      footer={
        <>
          <button type="button" className="button" onClick={onClose}>
            {t("shell.cancel")}
          </button>
          <button
            type="submit"
            form={form}
            className="button primary"
            aria-disabled={busy || undefined}
            disabled={onlyDigits(code).length !== codeDigits.totp}
          >
            {t("account.factor.confirm")}
          </button>
        </>
      }
    >
      <form id={form} className="stack" onSubmit={submit}>
        <p>{t("account.second.scan")}</p>
        <svg
          className="qr"
          viewBox={`0 0 ${size} ${size}`}
          role="img"
          aria-label={t("account.second.qr")}
          shapeRendering="crispEdges"
        >
          <rect width={size} height={size} fill="#fff" />
          <path d={path} fill="#000" />
        </svg>
        <p>
          {t("account.second.by_hand")}
          <br />
          <button
            type="button"
            className="link-button mono wrap"
            title={t("shell.copy")}
            onClick={() => void copyText(start.secret)}
          >
            {groupSecret(start.secret)}
          </button>
        </p>
        {error !== undefined && <ErrorNotice error={error} />}
        <CodeField label={t("account.second.code")} value={code} onChange={setCode} />
      </form>
    </ModalDialog>
  );
}
