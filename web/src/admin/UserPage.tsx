import { useState } from "react";
import { api, ApiError } from "../api/client.ts";
import { useRequest } from "../api/use_request.ts";
import { Link, navigate } from "../app/router.tsx";
import { useZone } from "../state/zone.ts";
import { formatMinute } from "../text/format.ts";
import { t } from "../text/text.ts";
import { announce } from "../ui/announce.tsx";
import { ConfirmDialog } from "../ui/ConfirmDialog.tsx";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { Field } from "../ui/Field.tsx";
import { Notice } from "../ui/Notice.tsx";
import { SubmitButton } from "../ui/SubmitButton.tsx";
import { GrantsPart } from "./GrantsPart.tsx";
import { SecretDialog } from "./SecretDialog.tsx";
import type { User } from "./types.ts";
import { useForm, useUnsaved } from "./use_form.ts";
import { StatePill } from "./UsersPage.tsx";

/* One user: who they are, what they may see, and what can be done to the account. */
export function UserPage({ id }: { id: string }) {
  const path = `/v1/users/${encodeURIComponent(id)}`;
  const { data: user, error, reload } = useRequest<User>(path);
  return (
    <>
      <p>
        <Link to="/admin/users">{t("admin.users")}</Link>
      </p>
      {error instanceof ApiError && error.status === 404 && <Notice tone="bad" title={t("admin.user.missing")} />}
      {error !== undefined && !(error instanceof ApiError && error.status === 404) && (
        <ErrorNotice error={error} onRetry={reload} />
      )}
      {user && error === undefined && (
        <>
          <h1>
            <bdi>{user.login}</bdi> <StatePill state={user.state} />
          </h1>
          <Profile user={user} path={path} onDone={reload} />
          <GrantsPart user={user} onDone={reload} />
          <AccountPart user={user} path={path} onDone={reload} />
        </>
      )}
    </>
  );
}

type PartProps = { user: User; path: string; onDone: () => void };

function Profile({ user, path, onDone }: PartProps) {
  const zone = useZone();
  const initial = { display_name: user.display_name, email: user.email };
  const form = useForm(initial, ["display_name", "email"], async (values) => {
    await api.put(path, values);
    announce(t("admin.saved"));
    onDone();
  });
  useUnsaved(form.dirty);
  return (
    <form className="part stack form" onSubmit={form.submit}>
      {form.error !== undefined && <ErrorNotice error={form.error} />}
      <Field
        label={t("admin.user.name")}
        value={form.values.display_name}
        onChange={(value) => form.set("display_name", value)}
        error={form.faults.display_name}
        autoComplete="off"
      />
      <Field
        label={t("admin.user.email")}
        type="email"
        value={form.values.email}
        onChange={(value) => form.set("email", value)}
        error={form.faults.email}
        autoComplete="off"
      />
      <p className="muted">
        {t("admin.user.home")}: <bdi className="mono">{user.tenant || t("admin.everywhere")}</bdi>
        <br />
        {t("admin.user.last_login")}: {user.last_login_at ? formatMinute(user.last_login_at, zone) : t("admin.never")}
      </p>
      <div className="row">
        <SubmitButton busy={form.busy} disabled={!form.dirty}>
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

type Doing = "reset" | "sessions" | "totp" | "disable" | "enable" | "delete";

/* What can be done to the account; each is asked about first. */
function AccountPart({ user, path, onDone }: PartProps) {
  const [asking, setAsking] = useState<Doing | null>(null);
  const [link, setLink] = useState<string | null>(null);
  const done = () => {
    announce(t("admin.done"));
    onDone();
  };
  const actions: Record<Doing, () => Promise<void>> = {
    reset: async () => setLink(new URL((await api.post<{ link: string }>(`${path}/reset`)).link, location.origin).href),
    sessions: () => api.delete(`${path}/sessions`).then(done),
    totp: () => api.delete(`${path}/totp`).then(done),
    disable: () => api.put(path, { state: "disabled" }).then(done),
    enable: () => api.put(path, { state: "active" }).then(done),
    delete: async () => {
      await api.delete(path);
      announce(t("admin.done"));
      navigate("/admin/users");
    },
  };
  const offered: Doing[] = [
    "reset",
    "sessions",
    ...(user.totp ? ["totp" as const] : []),
    user.state === "disabled" ? "enable" : "disable",
    "delete",
  ];
  return (
    <section className="part" aria-label={t("admin.user.account")}>
      <h2>{t("admin.user.account")}</h2>
      <div className="row">
        {offered.map((doing) => (
          <button key={doing} type="button" className="button" onClick={() => setAsking(doing)}>
            {t(`admin.user.do.${doing}`)}
          </button>
        ))}
      </div>
      {asking && (
        <ConfirmDialog
          title={t(`admin.user.do.${asking}`)}
          action={t(`admin.user.do.${asking}`)}
          onConfirm={actions[asking]}
          onClose={() => setAsking(null)}
        >
          <p>
            <bdi>{t(`admin.user.ask.${asking}`, { login: user.login })}</bdi>
          </p>
        </ConfirmDialog>
      )}
      {link !== null && (
        <SecretDialog
          title={t("admin.user.do.reset")}
          text={t("admin.user.link_text")}
          label={t("admin.user.link")}
          secret={link}
          onClose={() => setLink(null)}
        />
      )}
    </section>
  );
}
