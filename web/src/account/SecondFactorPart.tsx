import { ShieldCheck, ShieldOff } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client.ts";
import { useMe, useSession } from "../app/session.tsx";
import { t } from "../text/text.ts";
import { announce } from "../ui/announce.tsx";
import { onlyDigits } from "./codes.ts";
import { EmailCodeDialog } from "./EmailCodeDialog.tsx";
import { Part } from "./parts.tsx";
import { ProofDialog } from "./ProofDialog.tsx";
import { RecoveryCodesDialog } from "./RecoveryCodesDialog.tsx";
import { TotpDialog } from "./TotpDialog.tsx";
import type { RecoveryCodes, TotpStart } from "./types.ts";

type Step =
  | { is: "none" }
  | { is: "prove" }
  | { is: "scan"; start: TotpStart }
  | { is: "codes"; codes: string[] }
  | { is: "off" }
  | { is: "email" }
  | { is: "email-off" }
  | { is: "email-code"; challenge: string }
  | { is: "renew" };

export function SecondFactorPart() {
  const me = useMe();
  const { refresh } = useSession();
  const [step, setStep] = useState<Step>({ is: "none" });
  const close = () => setStep({ is: "none" });
  const Icon = me.totp ? ShieldCheck : ShieldOff;
  function showCodes(codes: string[]) {
    setStep({ is: "codes", codes });
    void refresh();
  }
  return (
    <Part title={t("account.second")}>
      <p className="with-icon">
        <Icon size={18} aria-hidden />
        {me.totp ? t("account.second.on") : me.email_code ? t("account.second.email") : t("account.second.off")}
      </p>
      {me.totp && <p className="muted">{t("account.second.left", { count: me.recovery_codes_left ?? 0 })}</p>}
      <div className="row">
        {me.totp ? (
          <>
            <button type="button" className="button" onClick={() => setStep({ is: "renew" })}>
              {t("account.second.new_codes")}
            </button>
            <button type="button" className="button" onClick={() => setStep({ is: "off" })}>
              {t("account.second.turn_off")}
            </button>
          </>
        ) : (
          <button type="button" className="button" onClick={() => setStep({ is: "prove" })}>
            {t("account.second.set_up")}
          </button>
        )}
        {me.email_code ? (
          <button type="button" className="button" onClick={() => setStep({ is: "email-off" })}>
            {t("account.second.email_turn_off")}
          </button>
        ) : (
          me.email_code_possible && (
            <button type="button" className="button" onClick={() => setStep({ is: "email" })}>
              {t("account.second.email_set_up")}
            </button>
          )
        )}
      </div>
      {step.is === "prove" && (
        <ProofDialog
          title={t("account.second.set_up")}
          action={t("account.continue")}
          onClose={close}
          onProve={async (password) =>
            setStep({ is: "scan", start: await api.post<TotpStart>("/v1/me/totp", { password }) })
          }
        />
      )}
      {step.is === "scan" && <TotpDialog start={step.start} onClose={close} onCodes={showCodes} />}
      {step.is === "codes" && <RecoveryCodesDialog login={me.name} codes={step.codes} onClose={close} />}
      {step.is === "renew" && (
        <ProofDialog
          title={t("account.second.new_codes")}
          text={t("account.second.new_codes_text")}
          action={t("account.continue")}
          onClose={close}
          onProve={async (password) =>
            showCodes((await api.post<RecoveryCodes>("/v1/me/recovery-codes", { password })).recovery_codes)
          }
        />
      )}
      {step.is === "email" && (
        <ProofDialog
          title={t("account.second.email_set_up")}
          action={t("account.continue")}
          onClose={close}
          onProve={async (password) => {
            const { challenge } = await api.post<{ challenge: string }>("/v1/me/email-code", { password });
            setStep({ is: "email-code", challenge });
          }}
        />
      )}
      {step.is === "email-code" && (
        <EmailCodeDialog challenge={step.challenge} email={me.email ?? ""} onClose={close} onDone={refresh} />
      )}
      {step.is === "email-off" && (
        <ProofDialog
          title={t("account.second.email_turn_off")}
          action={t("account.second.turn_off")}
          onClose={close}
          onProve={async (password) => {
            await api.delete("/v1/me/email-code", { password });
            close();
            announce(t("account.second.turned_off"));
            await refresh();
          }}
        />
      )}
      {step.is === "off" && (
        <ProofDialog
          title={t("account.second.turn_off")}
          text={t("account.second.off")}
          action={t("account.second.turn_off")}
          withCode
          onClose={close}
          onProve={async (password, code) => {
            await api.delete("/v1/me/totp", { password, code: onlyDigits(code) });
            close();
            announce(t("account.second.turned_off"));
            await refresh();
          }}
        />
      )}
    </Part>
  );
}
