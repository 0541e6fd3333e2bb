import { type SyntheticEvent, useEffect, useState } from "react";
import { ApiError, api, setBearer, url } from "../api/client.ts";
import { useRequest } from "../api/use_request.ts";
import { currentAddress, navigate, useAddress } from "../app/router.tsx";
import { useSession } from "../app/session.tsx";
import { useTitle } from "../app/title.tsx";
import { t } from "../text/text.ts";
import { announce } from "../ui/announce.tsx";
import { errorText } from "../ui/ErrorNotice.tsx";
import { Field } from "../ui/Field.tsx";
import { Notice } from "../ui/Notice.tsx";
import { SubmitButton } from "../ui/SubmitButton.tsx";
import { useSubmit } from "../ui/use_submit.ts";
import { FactorForm } from "./FactorForm.tsx";
import { PasswordField } from "./PasswordField.tsx";
import { Brand } from "./Brand.tsx";
import { returnPath } from "./place.ts";
import type { LogInAnswer, LogInOptions } from "./types.ts";
import { useCountdown } from "./use_countdown.ts";

/* Shown wherever somebody comes who is not logged in: the address stays, and with it the place to return to. */
export default function LogInPage() {
  const { session, refresh } = useSession();
  const { path, params } = useAddress();
  useTitle(t("account.log_in.title"));
  const [challenge, setChallenge] = useState<LogInAnswer | null>(null);
  const [withKey, setWithKey] = useState(false);
  const { data: options } = useRequest<LogInOptions>("/v1/sessions/options");
  const goal = path === "/login" ? returnPath(params.get("return"), location.origin) : null;
  const failed = params.get("error");
  useEffect(() => {
    if (session.status === "in" && goal) navigate(goal, { replace: true });
  }, [session.status, goal]);

  async function logIn(body: Record<string, string>) {
    const answer = await api.post<LogInAnswer>("/v1/sessions", body);
    if (answer.challenge) setChallenge(answer);
    else await refresh();
  }

  if (challenge) return <FactorForm challenge={challenge} onCode={logIn} onBack={() => setChallenge(null)} />;
  return (
    <div className="page narrow">
      <Brand />
      <h1>{t("account.log_in.title")}</h1>
      {failed !== null && (
        <Notice tone="bad" title={t("account.log_in.failed")}>
          <p>{t("account.log_in.oidc_failed")}</p>
        </Notice>
      )}
      {options?.setup && <Notice title={t("account.log_in.first")} />}
      {withKey ? <KeyForm /> : <PasswordForm onLogIn={logIn} />}
      <p className="divider">{t("account.or")}</p>
      {options?.oidc.map((provider) => (
        <a key={provider.id} className="button" href={oidcAddress(provider.id, goal ?? currentAddress())}>
          <bdi className="button-text">{t("account.log_in.oidc", { name: provider.name })}</bdi>
        </a>
      ))}
      <button type="button" className="button quiet" onClick={() => setWithKey(!withKey)}>
        {withKey ? t("account.use_password") : t("account.use_key")}
      </button>
    </div>
  );
}

function oidcAddress(id: string, goal: string): string {
  return url(`/v1/oidc/${encodeURIComponent(id)}/start`, { return: goal });
}

function PasswordForm({ onLogIn }: { onLogIn: (body: Record<string, string>) => Promise<void> }) {
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const { busy, error, run } = useSubmit();
  const wait = useWait(error);
  const [tried, setTried] = useState(false);
  // Read from the form: what a password manager fills in may come without an event.
  function submit(event: SyntheticEvent<HTMLFormElement>) {
    event.preventDefault();
    const filled = new FormData(event.currentTarget);
    const text = (name: string) => {
      const value = filled.get(name);
      return typeof value === "string" ? value : "";
    };
    const typed = { login: text("login").trim(), password: text("password") };
    setTried(true);
    if (wait === 0 && typed.login && typed.password) void run(() => onLogIn(typed));
  }
  const missing = (value: string) => (tried && !value.trim() ? t("account.needed") : undefined);
  return (
    <form className="stack" onSubmit={submit}>
      <LogInError error={error} wait={wait} />
      <Field
        label={t("account.name")}
        name="login"
        error={missing(login)}
        autoComplete="username"
        spellCheck="false"
        value={login}
        onChange={setLogin}
        isRequired
        validationBehavior="aria"
      />
      <PasswordField
        label={t("account.password")}
        name="password"
        value={password}
        onChange={setPassword}
        error={missing(password)}
      />
      <SubmitButton busy={busy} disabled={wait > 0}>
        {t("account.log_in")}
      </SubmitButton>
    </form>
  );
}

/* Seconds to wait after an answer that asked to; read out when they are over. */
export function useWait(error: unknown): number {
  const seconds = error instanceof ApiError && error.status === 429 ? (error.retry_after_s ?? 30) : 0;
  const left = useCountdown(seconds, error);
  const over = seconds > 0 && left === 0;
  const [waited, setWaited] = useState<unknown>(null);
  useEffect(() => {
    if (left > 0) setWaited(error);
    else if (over && waited === error) announce(t("account.log_in.wait_over"));
  }, [left > 0, over, error]); // eslint-disable-line react-hooks/exhaustive-deps -- each second says nothing new
  return left;
}

/* The seconds are drawn, not read out one by one. */
export function LogInError({ error, wait }: { error: unknown; wait: number }) {
  if (error === undefined) return null;
  if (wait > 0)
    return (
      <div aria-live="off">
        <Notice title={t("account.log_in.wait", { count: wait })} />
      </div>
    );
  if (error instanceof ApiError && error.status === 429) return null;
  return <Notice tone="bad" title={errorText(error)} />;
}

/* Logs in with a key, which is kept for this tab only. */
function KeyForm() {
  const { refresh, session } = useSession();
  const [key, setKey] = useState("");
  const [tried, setTried] = useState(false);
  function logIn(event: SyntheticEvent) {
    event.preventDefault();
    setBearer(key.trim(), true);
    void refresh().then(() => setTried(true));
  }
  return (
    <form className="stack" onSubmit={logIn}>
      <Field
        label={t("account.key")}
        help={t("account.key.help")}
        type="password"
        autoComplete="off"
        value={key}
        onChange={setKey}
        error={tried && session.status === "out" ? t("account.key.wrong") : undefined}
      />
      <button type="submit" className="button primary" disabled={!key.trim()}>
        {t("account.log_in")}
      </button>
    </form>
  );
}
