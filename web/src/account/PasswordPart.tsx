import { type SyntheticEvent, useState } from "react";
import { ApiError, api } from "../api/client.ts";
import { sortFaults } from "../admin/faults.ts";
import { useMe } from "../app/session.tsx";
import { t } from "../text/text.ts";
import { announce } from "../ui/announce.tsx";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { SubmitButton } from "../ui/SubmitButton.tsx";
import { useSubmit } from "../ui/use_submit.ts";
import { Part } from "./parts.tsx";
import { PasswordField } from "./PasswordField.tsx";

export function PasswordPart() {
  const me = useMe();
  return (
    <Part title={t("account.password.title")}>
      {me.has_password ? <ChangeForm login={me.name} /> : <p className="muted">{t("account.password.none")}</p>}
    </Part>
  );
}

function ChangeForm({ login }: { login: string }) {
  const [current, setCurrent] = useState("");
  const [fresh, setFresh] = useState("");
  const { busy, error, run } = useSubmit();
  const faults = sortFaults(error instanceof ApiError ? (error.problem.errors ?? []) : [], ["current", "new"]);
  const told = Object.keys(faults.fields).length > 0 && faults.others.length === 0;
  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    const done = await run(() => api.put("/v1/me/password", { current, new: fresh }));
    if (!done) return;
    setCurrent("");
    setFresh("");
    announce(t("account.password.changed"));
  }
  return (
    <form className="stack form" onSubmit={(event) => void submit(event)}>
      <input
        type="text"
        className="visually-hidden"
        autoComplete="username"
        value={login}
        readOnly
        tabIndex={-1}
        aria-hidden
      />
      {error !== undefined && !told && <ErrorNotice error={error} />}
      <PasswordField
        label={t("account.password.current")}
        value={current}
        onChange={setCurrent}
        error={faults.fields.current}
      />
      <PasswordField
        label={t("account.password.new")}
        help={t("account.setup.password_help")}
        value={fresh}
        onChange={setFresh}
        fresh
        error={faults.fields.new}
      />
      <div>
        <SubmitButton busy={busy} className="button" disabled={!current || !fresh}>
          {t("account.password.change")}
        </SubmitButton>
      </div>
    </form>
  );
}
