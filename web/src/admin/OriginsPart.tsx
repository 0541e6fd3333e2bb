import { Plus, X } from "lucide-react";
import { useState } from "react";
import { changeSettingsOf, type SettingsAnswer } from "../api/settings.ts";
import { t } from "../text/text.ts";
import { announce } from "../ui/announce.tsx";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { Field } from "../ui/Field.tsx";
import { SubmitButton } from "../ui/SubmitButton.tsx";
import { originOf } from "./settings.ts";
import { useForm, useUnsaved } from "./use_form.ts";

type Props = { tenant: string; answer: SettingsAnswer; onDone: () => void };

/* The sites that may show the viewer in a frame: exact origins, never a pattern. */
export function OriginsPart({ tenant, answer, onDone }: Props) {
  const initial = { origins: answer.settings.embed_origins ?? [] };
  const form = useForm(initial, ["embed_origins"], async ({ origins }) => {
    await changeSettingsOf(tenant, { embed_origins: origins });
    announce(t("admin.saved"));
    onDone();
  });
  const [typed, setTyped] = useState("");
  const [wrong, setWrong] = useState(false);
  useUnsaved(form.dirty);
  const { origins } = form.values;
  function add() {
    const origin = originOf(typed);
    setWrong(origin === null);
    if (origin === null) return;
    if (!origins.includes(origin)) form.set("origins", [...origins, origin]);
    setTyped("");
  }
  return (
    <form className="part stack form" onSubmit={form.submit}>
      <h2>{t("admin.origins")}</h2>
      {form.error !== undefined && <ErrorNotice error={form.error} />}
      {origins.length === 0 && <p className="muted">{t("admin.origins.none")}</p>}
      <ul className="plain-list grants">
        {origins.map((origin) => (
          <li key={origin}>
            <bdi className="mono">{origin}</bdi>
            <button
              type="button"
              className="button quiet icon-only"
              aria-label={t("admin.origins.remove", { origin })}
              onClick={() =>
                form.set(
                  "origins",
                  origins.filter((other) => other !== origin),
                )
              }
            >
              <X size={16} aria-hidden />
            </button>
          </li>
        ))}
      </ul>
      <div className="row chooser">
        <Field
          label={t("admin.origins.add")}
          placeholder="https://portal.example"
          type="url"
          value={typed}
          onChange={setTyped}
          error={wrong ? t("admin.origins.wrong") : form.faults.embed_origins}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
        />
        <button type="button" className="button" onClick={add} disabled={!typed.trim()}>
          <Plus size={16} aria-hidden />
          {t("admin.add")}
        </button>
      </div>
      <div>
        <SubmitButton busy={form.busy} disabled={!form.dirty}>
          {t("shell.save")}
        </SubmitButton>
      </div>
    </form>
  );
}
