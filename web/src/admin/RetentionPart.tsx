import { useState } from "react";
import { api } from "../api/client.ts";
import { t } from "../text/text.ts";
import { announce } from "../ui/announce.tsx";
import { CheckField } from "../ui/CheckField.tsx";
import { ConfirmDialog } from "../ui/ConfirmDialog.tsx";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { Field } from "../ui/Field.tsx";
import { SubmitButton } from "../ui/SubmitButton.tsx";
import { asAbove } from "./settings.ts";
import { retentionText } from "./TenantsPage.tsx";
import type { Tenant } from "./types.ts";
import { useForm, useUnsaved } from "./use_form.ts";

type Props = { tenant: Tenant; path: string; onDone: () => void };

/* 0 keeps for ever, and is longer than any number of days. */
function isShorter(days: number, before: number): boolean {
  return days !== 0 && (before === 0 || days < before);
}

/* For how long events are kept. Shortening removes events for good, so it is asked about. */
export function RetentionPart({ tenant, path, onDone }: Props) {
  const [asking, setAsking] = useState<number | null>(null);
  const { days, own } = tenant.retention;
  const initial = { inherit: !own, days: String(days) };
  const send = (wanted: number | null) => api.put(`${path}/retention`, { days: wanted });
  const done = () => {
    announce(t("admin.saved"));
    onDone();
  };
  const form = useForm(initial, ["days"], async (values) => {
    const wanted = values.inherit ? null : Number(values.days);
    if (wanted !== null && isShorter(wanted, days)) {
      setAsking(wanted);
      return;
    }
    await send(wanted);
    done();
  });
  useUnsaved(form.dirty);
  const ready = form.dirty && (form.values.inherit || /^\d+$/.test(form.values.days.trim()));
  return (
    <form className="part stack form" onSubmit={form.submit}>
      <h2>{t("admin.retention")}</h2>
      {form.error !== undefined && <ErrorNotice error={form.error} />}
      <p>
        {retentionText(tenant.retention)} {!own && <span className="muted">{t("admin.inherited")}</span>}
      </p>
      <CheckField checked={form.values.inherit} onChange={(on) => form.set("inherit", on)}>
        {asAbove(tenant.tenant)}
      </CheckField>
      {!form.values.inherit && (
        <Field
          label={t("admin.retention.number")}
          help={t("admin.retention.help")}
          inputMode="numeric"
          value={form.values.days}
          onChange={(value) => form.set("days", value)}
          error={form.faults.days}
        />
      )}
      <div>
        <SubmitButton busy={form.busy} disabled={!ready}>
          {t("shell.save")}
        </SubmitButton>
      </div>
      {asking !== null && (
        <ConfirmDialog
          title={t("admin.retention.shorten")}
          action={t("admin.retention.shorten")}
          onClose={() => setAsking(null)}
          onConfirm={() => send(asking).then(done)}
        >
          <p>{t("admin.retention.shorten_text", { count: asking })}</p>
        </ConfirmDialog>
      )}
    </form>
  );
}
