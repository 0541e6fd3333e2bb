import { changeSettingsOf, type SettingsAnswer, settingsPath } from "../api/settings.ts";
import { useRequest } from "../api/use_request.ts";
import { t } from "../text/text.ts";
import { formatNumber } from "../text/format.ts";
import { announce } from "../ui/announce.tsx";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { Field } from "../ui/Field.tsx";
import { SubmitButton } from "../ui/SubmitButton.tsx";
import { asAbove } from "./settings.ts";
import { TenantChooser } from "./TenantChooser.tsx";
import { readThresholds, thresholds } from "./thresholds.ts";
import { useForm, useUnsaved } from "./use_form.ts";

/* How much is too much: the thresholds of a tenant's insights. */
export default function ThresholdsPage({ rest }: { rest: string }) {
  return (
    <TenantChooser part="insights" title={t("admin.insights")} text={t("admin.insights.text")} tenant={rest}>
      {(tenant) => <Thresholds key={tenant} tenant={tenant} />}
    </TenantChooser>
  );
}

function Thresholds({ tenant }: { tenant: string }) {
  const { data, error, reload } = useRequest<SettingsAnswer>(settingsPath(tenant));
  return (
    <>
      {error !== undefined && <ErrorNotice error={error} onRetry={reload} />}
      {data && error === undefined && <ThresholdForm tenant={tenant} answer={data} onDone={reload} />}
    </>
  );
}

const pointers = thresholds.map(({ name }) => `insights/${name}`);

function ThresholdForm({ tenant, answer, onDone }: { tenant: string; answer: SettingsAnswer; onDone: () => void }) {
  const kept = answer.settings.insights ?? {};
  const own = answer.own.insights !== undefined;
  const initial = Object.fromEntries(
    thresholds.map(({ name }) => [name, kept[name] === undefined ? "" : String(kept[name])]),
  );
  const form = useForm<Record<string, string>>(initial, pointers, async (texts) => {
    await changeSettingsOf(tenant, { insights: readThresholds(texts).values });
    announce(t("admin.saved"));
    onDone();
  });
  useUnsaved(form.dirty);
  const { wrong } = readThresholds(form.values);
  return (
    <form className="part stack" onSubmit={form.submit}>
      {form.error !== undefined && <ErrorNotice error={form.error} />}
      {!own && <p className="muted">{t("admin.insights.inherited", { above: asAbove(tenant) })}</p>}
      <div className="thresholds">
        {thresholds.map(({ name, otherwise, least, most }) => (
          <Field
            key={name}
            label={t(`admin.threshold.${name}`)}
            help={t("admin.threshold.help", { otherwise, least, most })}
            placeholder={formatNumber(otherwise)}
            inputMode="numeric"
            value={form.values[name] ?? ""}
            onChange={(value) => form.set(name, value)}
            error={wrong.includes(name) ? t("admin.threshold.wrong", { least, most }) : form.faults[`insights/${name}`]}
          />
        ))}
      </div>
      <div className="row">
        <SubmitButton busy={form.busy} disabled={!form.dirty || wrong.length > 0}>
          {t("shell.save")}
        </SubmitButton>
        {form.dirty && (
          <button type="button" className="button" onClick={form.reset}>
            {t("admin.discard")}
          </button>
        )}
      </div>
    </form>
  );
}
