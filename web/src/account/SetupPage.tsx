import { type SyntheticEvent, useEffect, useState } from "react";
import { api, ApiError } from "../api/client.ts";
import { Link, navigate } from "../app/router.tsx";
import { useSession } from "../app/session.tsx";
import { useTitle } from "../app/title.tsx";
import { sortFaults } from "../admin/faults.ts";
import { t } from "../text/text.ts";
import { ErrorNotice, errorText } from "../ui/ErrorNotice.tsx";
import { Field } from "../ui/Field.tsx";
import { Notice } from "../ui/Notice.tsx";
import { SubmitButton } from "../ui/SubmitButton.tsx";
import { useSubmit } from "../ui/use_submit.ts";
import { Brand } from "./Brand.tsx";
import { PasswordField } from "./PasswordField.tsx";
import { setupToken } from "./place.ts";
import type { SetupCheck } from "./types.ts";

type Checked = { token: string; found: SetupCheck } | { error: unknown } | "asking";

/* Where the links of first set-up, invitations and resets lead: /setup#token=... */
export default function SetupPage() {
  const [checked, setChecked] = useState<Checked>("asking");
  useEffect(() => {
    const token = setupToken(window.location.hash);
    if (!token) {
      setChecked({ error: new ApiError(404, {}) });
      return;
    }
    api.post<SetupCheck>("/v1/setup/check", { token }).then(
      (found) => setChecked({ token, found }),
      (error: unknown) => setChecked({ error }),
    );
  }, []);
  if (checked === "asking") return <p className="page narrow muted">{t("shell.loading")}</p>;
  if ("error" in checked) return <Unusable error={checked.error} />;
  return <SetupForm {...checked} />;
}

function Unusable({ error }: { error: unknown }) {
  const gone = error instanceof ApiError && [400, 401, 404, 410].includes(error.status);
  useTitle(gone ? t("account.setup.gone") : errorText(error));
  if (!gone)
    return (
      <div className="page narrow">
        <ErrorNotice error={error} onRetry={() => location.reload()} />
      </div>
    );
  return (
    <div className="page narrow">
      <h1>{t("account.setup.gone")}</h1>
      <p>{t("account.setup.gone_text")}</p>
      <Link to="/login" className="button">
        {t("account.setup.to_log_in")}
      </Link>
    </div>
  );
}

function SetupForm({ token, found }: { token: string; found: SetupCheck }) {
  useTitle(t(`account.setup.title.${found.purpose}`));
  const { refresh } = useSession();
  const [login, setLogin] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const { busy, error, run } = useSubmit();
  const first = found.purpose === "setup";
  const faults = sortFaults(error instanceof ApiError ? (error.problem.errors ?? []) : [], [
    "login",
    "display_name",
    "password",
  ]);
  const told = Object.keys(faults.fields).length > 0 && faults.others.length === 0;
  function submit(event: SyntheticEvent) {
    event.preventDefault();
    void run(async () => {
      await api.post("/v1/setup", {
        token,
        password,
        ...(first ? { login: login.trim() } : {}),
        ...(found.purpose !== "reset" && name.trim() ? { display_name: name.trim() } : {}),
      });
      await refresh();
      navigate("/search", { replace: true });
    });
  }
  return (
    <form className="page narrow" onSubmit={submit}>
      <Brand />
      <h1>{t(`account.setup.title.${found.purpose}`)}</h1>
      <p>
        <bdi>
          {found.purpose === "setup"
            ? t("account.setup.text.setup")
            : t(`account.setup.text.${found.purpose}`, { login: found.login })}
        </bdi>
      </p>
      {error !== undefined && !told && <Failure error={error} />}
      {first ? (
        <Field
          label={t("account.setup.login")}
          value={login}
          onChange={setLogin}
          autoComplete="username"
          spellCheck="false"
          error={faults.fields.login}
        />
      ) : (
        <input
          type="text"
          className="visually-hidden"
          autoComplete="username"
          value={found.login}
          readOnly
          tabIndex={-1}
          aria-hidden
        />
      )}
      {found.purpose !== "reset" && (
        <Field
          label={t("account.setup.display_name")}
          help={t("account.setup.display_name_help")}
          value={name}
          onChange={setName}
          autoComplete="name"
          error={faults.fields.display_name}
        />
      )}
      <PasswordField
        label={t("account.setup.password")}
        help={t("account.setup.password_help")}
        value={password}
        onChange={setPassword}
        fresh
        error={faults.fields.password}
      />
      <SubmitButton busy={busy} disabled={!password || (first && !login.trim())}>
        {t(`account.setup.do.${found.purpose}`)}
      </SubmitButton>
    </form>
  );
}

function Failure({ error }: { error: unknown }) {
  if (error instanceof ApiError && error.status === 404) return <Notice tone="bad" title={t("account.setup.gone")} />;
  return <ErrorNotice error={error} />;
}
