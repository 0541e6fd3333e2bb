import { type SyntheticEvent, useId, useState } from "react";
import { api } from "../api/client.ts";
import { t } from "../text/text.ts";
import { announce } from "../ui/announce.tsx";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { ModalDialog } from "../ui/ModalDialog.tsx";
import { useSubmit } from "../ui/use_submit.ts";
import { CodeField } from "./CodeField.tsx";
import { codeDigits, onlyDigits } from "./codes.ts";

type Props = { challenge: string; email: string; onDone: () => Promise<void>; onClose: () => void };

/* The code that was just sent, as the proof that the address works, before log-ins depend on it. */
export function EmailCodeDialog({ challenge, email, onDone, onClose }: Props) {
  const form = useId();
  const [code, setCode] = useState("");
  const { busy, error, run } = useSubmit();
  function submit(event: SyntheticEvent) {
    event.preventDefault();
    void run(async () => {
      await api.put("/v1/me/email-code", { challenge, code: onlyDigits(code) });
      announce(t("account.second.email_on"));
      onClose();
      await onDone();
    });
  }
  return (
    <ModalDialog
      title={t("account.second.email_set_up")}
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
            disabled={onlyDigits(code).length !== codeDigits.email}
          >
            {t("account.factor.confirm")}
          </button>
        </>
      }
    >
      <form id={form} className="stack" onSubmit={submit}>
        {error !== undefined && <ErrorNotice error={error} />}
        <CodeField
          label={t("account.factor.code")}
          help={t("account.second.email_sent", { email })}
          value={code}
          onChange={setCode}
        />
      </form>
    </ModalDialog>
  );
}
