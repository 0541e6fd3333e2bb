/* eslint-disable jsx-a11y/no-autofocus -- the step before was sent by the reader; its field is gone, and the next one is this */
import { type SyntheticEvent, useState } from "react";
import { ApiError } from "../api/client.ts";
import { t } from "../text/text.ts";
import { Field } from "../ui/Field.tsx";
import { SubmitButton } from "../ui/SubmitButton.tsx";
import { useSubmit } from "../ui/use_submit.ts";
import { Brand } from "./Brand.tsx";
import { CodeField } from "./CodeField.tsx";
import { codeDigits, onlyDigits } from "./codes.ts";
import { LogInError, useWait } from "./LogInPage.tsx";
import type { LogInAnswer } from "./types.ts";

type Props = {
  challenge: LogInAnswer;
  onCode: (body: Record<string, string>) => Promise<void>;
  onBack: () => void;
};

/* The second step of a log-in: a code, or one of the recovery codes. */
export function FactorForm({ challenge, onCode, onBack }: Props) {
  const [code, setCode] = useState("");
  const [recovery, setRecovery] = useState(false);
  const { busy, error, run, clear } = useSubmit();
  const wait = useWait(error);
  const ready = recovery ? code.trim() !== "" : onlyDigits(code).length === codeDigits[challenge.factor ?? "totp"];
  function submit(event: SyntheticEvent) {
    event.preventDefault();
    if (!ready || wait > 0) return;
    const answer: Record<string, string> = recovery ? { recovery_code: code.trim() } : { code: onlyDigits(code) };
    void run(() => onCode({ challenge: challenge.challenge ?? "", ...answer }));
  }
  function change() {
    setRecovery(!recovery);
    setCode("");
    clear();
  }
  const gone = error instanceof ApiError && (error.status === 404 || error.status === 410);
  return (
    <form className="page narrow" onSubmit={submit}>
      <Brand />
      <h1>{t("account.factor.title")}</h1>
      <LogInError error={error} wait={wait} />
      {recovery ? (
        <Field
          key="recovery"
          label={t("account.factor.recovery")}
          help={t("account.factor.recovery_help")}
          value={code}
          onChange={setCode}
          autoComplete="off"
          spellCheck="false"
          autoFocus
        />
      ) : (
        <CodeField
          key="code"
          label={t("account.factor.code")}
          help={challenge.factor === "email" ? t("account.factor.email") : t("account.factor.totp")}
          value={code}
          onChange={setCode}
          autoFocus
        />
      )}
      <SubmitButton busy={busy} disabled={!ready || wait > 0 || gone}>
        {t("account.factor.confirm")}
      </SubmitButton>
      <div className="row">
        <button type="button" className="link-button" onClick={change}>
          {recovery ? t("account.factor.use_code") : t("account.factor.use_recovery")}
        </button>
        <button type="button" className="link-button" onClick={onBack}>
          {t("account.factor.back")}
        </button>
      </div>
    </form>
  );
}
