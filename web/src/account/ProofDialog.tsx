import { type SyntheticEvent, useId, useState } from "react";
import { t } from "../text/text.ts";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { ModalDialog } from "../ui/ModalDialog.tsx";
import { useSubmit } from "../ui/use_submit.ts";
import { CodeField } from "./CodeField.tsx";
import { PasswordField } from "./PasswordField.tsx";

type Props = {
  title: string;
  text?: string;
  action: string;
  /* Whether a code of the app is asked for, too. */
  withCode?: boolean;
  onProve: (password: string, code: string) => Promise<void>;
  onClose: () => void;
};

/* Asks for the password (and a code) before something that a borrowed session must not be able to do. */
export function ProofDialog({ title, text, action, withCode, onProve, onClose }: Props) {
  const form = useId();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const { busy, error, run } = useSubmit();
  function submit(event: SyntheticEvent) {
    event.preventDefault();
    void run(() => onProve(password, code));
  }
  return (
    <ModalDialog
      title={title}
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
            disabled={!password}
          >
            {action}
          </button>
        </>
      }
    >
      <form id={form} className="stack" onSubmit={submit}>
        {text && <p>{text}</p>}
        {error !== undefined && <ErrorNotice error={error} />}
        <PasswordField label={t("account.password.current")} value={password} onChange={setPassword} />
        {withCode && <CodeField label={t("account.second.code")} value={code} onChange={setCode} />}
      </form>
    </ModalDialog>
  );
}
