import { useState } from "react";
import { api } from "../api/client.ts";
import { changeSettingsOf, type SettingsAnswer, settingsPath } from "../api/settings.ts";
import type { TenantSettings } from "../api/types.ts";
import { useRequest } from "../api/use_request.ts";
import { Link } from "../app/router.tsx";
import { t } from "../text/text.ts";
import { announce } from "../ui/announce.tsx";
import { ConfirmDialog } from "../ui/ConfirmDialog.tsx";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { Field } from "../ui/Field.tsx";
import { Select } from "../ui/Select.tsx";
import { SubmitButton } from "../ui/SubmitButton.tsx";
import { RetentionPart } from "./RetentionPart.tsx";
import { asAbove } from "./settings.ts";
import type { Tenant } from "./types.ts";
import { useForm, useUnsaved } from "./use_form.ts";

/* One tenant: its name, whether it takes events, how long they are kept, its settings. */
export function TenantPage({ tenant }: { tenant: string }) {
  const path = `/v1/tenants/${encodeURIComponent(tenant)}`;
  const { data, error, reload } = useRequest<Tenant>(path);
  const settings = useRequest<SettingsAnswer>(settingsPath(tenant));
  return (
    <>
      <p>
        <Link to="/admin/tenants">{t("admin.tenants")}</Link>
      </p>
      <h1>
        <bdi>{data?.display_name || tenant}</bdi>{" "}
        {data?.closed && <span className="pill">{t("admin.tenant.closed")}</span>}
      </h1>
      <p className="mono muted">
        <bdi>{tenant}</bdi>
      </p>
      {error !== undefined && <ErrorNotice error={error} onRetry={reload} />}
      {data && error === undefined && (
        <>
          <NamePart tenant={data} path={path} onDone={reload} />
          <RetentionPart tenant={data} path={path} onDone={reload} />
        </>
      )}
      {settings.data && <SettingsPart tenant={tenant} answer={settings.data} onDone={settings.reload} />}
    </>
  );
}

type PartProps = { tenant: Tenant; path: string; onDone: () => void };

function NamePart({ tenant, path, onDone }: PartProps) {
  const [asking, setAsking] = useState(false);
  const form = useForm({ display_name: tenant.display_name }, ["display_name"], async (values) => {
    await api.put(path, values);
    announce(t("admin.saved"));
    onDone();
  });
  useUnsaved(form.dirty);
  const action = tenant.closed ? t("admin.tenant.reopen") : t("admin.tenant.close");
  return (
    <form className="part stack form" onSubmit={form.submit}>
      {form.error !== undefined && <ErrorNotice error={form.error} />}
      <Field
        label={t("admin.tenant.name")}
        value={form.values.display_name}
        onChange={(value) => form.set("display_name", value)}
        error={form.faults.display_name}
        autoComplete="off"
      />
      <div className="row">
        <SubmitButton busy={form.busy} disabled={!form.dirty}>
          {t("shell.save")}
        </SubmitButton>
        <button type="button" className="button" onClick={() => setAsking(true)}>
          {action}
        </button>
      </div>
      {asking && (
        <ConfirmDialog
          title={action}
          action={action}
          onClose={() => setAsking(false)}
          onConfirm={async () => {
            await api.put(path, { closed: !tenant.closed });
            announce(t("admin.saved"));
            onDone();
          }}
        >
          <p>{tenant.closed ? t("admin.tenant.reopen_text") : t("admin.tenant.close_text")}</p>
        </ConfirmDialog>
      )}
    </form>
  );
}

const inherit = "inherit";

type SettingsProps = { tenant: string; answer: SettingsAnswer; onDone: () => void };

function SettingsPart({ tenant, answer, onDone }: SettingsProps) {
  const { own, settings } = answer;
  const initial = {
    default_range: own.default_range ?? inherit,
    record_searches: own.record_searches === undefined ? inherit : own.record_searches ? "yes" : "no",
  };
  const form = useForm(initial, ["default_range", "record_searches"], async (values) => {
    const change: Partial<TenantSettings> = {
      default_range: values.default_range === inherit ? undefined : values.default_range,
      record_searches: values.record_searches === inherit ? undefined : values.record_searches === "yes",
    };
    await changeSettingsOf(tenant, change);
    announce(t("admin.saved"));
    onDone();
  });
  useUnsaved(form.dirty);
  const above = (text: string) => ({ id: inherit, text: `${asAbove(tenant)} (${text})` });
  const yesNo = settings.record_searches ? t("admin.yes") : t("admin.no");
  return (
    <form className="part stack form" onSubmit={form.submit}>
      <h2>{t("admin.settings")}</h2>
      {form.error !== undefined && <ErrorNotice error={form.error} />}
      <Select
        label={t("admin.setting.default_range")}
        choices={[
          ...(own.default_range === undefined
            ? [above(rangeText(settings.default_range ?? "30d"))]
            : [{ id: inherit, text: asAbove(tenant) }]),
          ...["24h", "7d", "30d"].map((range) => ({ id: range, text: rangeText(range) })),
        ]}
        chosen={form.values.default_range}
        onChoose={(value) => form.set("default_range", value)}
      />
      <div className="field">
        <Select
          label={t("admin.setting.record_searches")}
          choices={[
            own.record_searches === undefined ? above(yesNo) : { id: inherit, text: asAbove(tenant) },
            { id: "yes", text: t("admin.yes") },
            { id: "no", text: t("admin.no") },
          ]}
          chosen={form.values.record_searches}
          onChoose={(value) => form.set("record_searches", value)}
        />
        <p className="help">{t("admin.setting.record_searches_help")}</p>
      </div>
      <div className="row">
        <SubmitButton busy={form.busy} disabled={!form.dirty}>
          {t("shell.save")}
        </SubmitButton>
        {form.dirty && (
          <button type="button" className="button" onClick={form.reset}>
            {t("admin.discard")}
          </button>
        )}
        <Link to={`/admin/embedding/${encodeURIComponent(tenant)}`}>{t("admin.embedding")}</Link>
        <Link to={`/admin/insights/${encodeURIComponent(tenant)}`}>{t("admin.insights")}</Link>
      </div>
    </form>
  );
}

function rangeText(range: string): string {
  if (range === "24h") return t("admin.range.24h");
  return range === "7d" ? t("admin.range.7d") : t("admin.range.30d");
}
