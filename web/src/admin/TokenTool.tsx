import { Copy } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client.ts";
import { useMe } from "../app/session.tsx";
import { useZone } from "../state/zone.ts";
import { formatMinute } from "../text/format.ts";
import { t } from "../text/text.ts";
import { copyText } from "../ui/copy.ts";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { Field } from "../ui/Field.tsx";
import { Select } from "../ui/Select.tsx";
import { SubmitButton } from "../ui/SubmitButton.tsx";
import { frameSnippet, requestSnippet, type TokenRequest } from "./snippet.ts";
import type { ViewerToken } from "./types.ts";
import { useForm } from "./use_form.ts";

type Props = { tenant: string; origins: readonly string[] };

/* Makes a viewer token and shows what a portal has to do to get its own. */
export function TokenTool({ tenant, origins }: Props) {
  const me = useMe();
  const [made, setMade] = useState<ViewerToken | null>(null);
  const initial = { role: "viewer" as TokenRequest["role"], name: me.name, origin: origins[0] ?? "", minutes: "15" };
  const wanted = (values: typeof initial): TokenRequest => ({
    tenant,
    role: values.role,
    user: { name: values.name.trim() },
    origin: values.origin,
    minutes: Number(values.minutes),
  });
  const form = useForm(initial, ["role", "user/name", "origin", "minutes"], async (values) => {
    setMade(await api.post<ViewerToken>("/v1/viewer-tokens", wanted(values)));
  });
  const { values, set, faults } = form;
  if (origins.length === 0) return null;
  return (
    <section className="part" aria-label={t("admin.token")}>
      <h2>{t("admin.token")}</h2>
      <form className="stack form" onSubmit={form.submit}>
        {form.error !== undefined && <ErrorNotice error={form.error} />}
        <Select
          label={t("admin.viewer.origin")}
          choices={origins.map((origin) => ({ id: origin, text: origin }))}
          chosen={values.origin}
          onChoose={(origin) => set("origin", origin)}
        />
        <Select
          label={t("admin.role")}
          choices={[
            { id: "viewer", text: t("admin.role.viewer") },
            { id: "auditor", text: t("admin.role.auditor") },
          ]}
          chosen={values.role}
          onChoose={(role) => set("role", role)}
        />
        <Field
          label={t("admin.viewer.user")}
          value={values.name}
          onChange={(value) => set("name", value)}
          error={faults["user/name"]}
        />
        <Field
          label={t("admin.token.minutes")}
          inputMode="numeric"
          value={values.minutes}
          onChange={(value) => set("minutes", value)}
          error={faults.minutes}
        />
        <div>
          <SubmitButton busy={form.busy} disabled={!values.name.trim() || !/^\d+$/.test(values.minutes)}>
            {t("admin.token.make")}
          </SubmitButton>
        </div>
      </form>
      {made && <Made token={made} />}
      <h3>{t("admin.token.page")}</h3>
      <Snippet text={frameSnippet(location.origin)} label={t("admin.token.page")} />
      <h3>{t("admin.token.backend")}</h3>
      <Snippet text={requestSnippet(location.origin, wanted(values))} label={t("admin.token.backend")} />
    </section>
  );
}

function Made({ token }: { token: ViewerToken }) {
  const zone = useZone();
  return (
    <>
      <p>{t("admin.token.made", { time: formatMinute(token.expires_at, zone) })}</p>
      <Snippet text={token.token} label={t("admin.token")} />
    </>
  );
}

function Snippet({ text, label }: { text: string; label: string }) {
  return (
    <div className="snippet">
      <pre className="mono wrap" dir="ltr">
        {text}
      </pre>
      <button
        type="button"
        className="button icon-only"
        aria-label={`${t("shell.copy")}: ${label}`}
        title={t("shell.copy")}
        onClick={() => void copyText(text)}
      >
        <Copy size={14} aria-hidden />
      </button>
    </div>
  );
}
