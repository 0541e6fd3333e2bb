import { useState } from "react";
import { api } from "../api/client.ts";
import { useRequest } from "../api/use_request.ts";
import { useSession } from "../app/session.tsx";
import { useZone } from "../state/zone.ts";
import { formatAgo, formatMinute } from "../text/format.ts";
import { t } from "../text/text.ts";
import { announce } from "../ui/announce.tsx";
import { ConfirmDialog } from "../ui/ConfirmDialog.tsx";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { useSubmit } from "../ui/use_submit.ts";
import { browserOf } from "./browser.ts";
import { Part } from "./parts.tsx";
import type { OwnSession } from "./types.ts";

/* Where this account is logged in, and how to end that. */
export function SessionsPart() {
  const { signOut } = useSession();
  const { data, error, reload } = useRequest<{ sessions: OwnSession[] }>("/v1/sessions");
  const [asking, setAsking] = useState(false);
  const ending = useSubmit();
  const end = (path: string, said: string) =>
    void ending.run(async () => {
      await api.delete(path);
      announce(said);
      reload();
    });
  const failure = error ?? ending.error;
  return (
    <Part title={t("account.sessions")}>
      {failure !== undefined && <ErrorNotice error={failure} onRetry={reload} />}
      {data && (
        <SessionTable
          sessions={data.sessions}
          onEnd={(id) => end(`/v1/sessions/${encodeURIComponent(id)}`, t("account.sessions.ended"))}
        />
      )}
      <div className="row">
        <button
          type="button"
          className="button"
          disabled={(data?.sessions.length ?? 0) < 2}
          onClick={() => end("/v1/sessions", t("account.sessions.others_ended"))}
        >
          {t("account.sessions.end_others")}
        </button>
        <button type="button" className="button" onClick={() => setAsking(true)}>
          {t("account.sessions.end_all")}
        </button>
      </div>
      {asking && (
        <ConfirmDialog
          title={t("account.sessions.end_all")}
          action={t("account.sessions.end_all")}
          onClose={() => setAsking(false)}
          onConfirm={async () => {
            await api.delete("/v1/sessions");
            await signOut();
          }}
        >
          <p>{t("account.sessions.end_all_text")}</p>
        </ConfirmDialog>
      )}
    </Part>
  );
}

function SessionTable({ sessions, onEnd }: { sessions: OwnSession[]; onEnd: (id: string) => void }) {
  const zone = useZone();
  return (
    <table className="table cards-below">
      <thead>
        <tr>
          <th scope="col">{t("account.sessions.browser")}</th>
          <th scope="col">{t("account.sessions.address")}</th>
          <th scope="col">{t("account.sessions.since")}</th>
          <th scope="col">{t("account.sessions.seen")}</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {sessions.map((session) => (
          <tr key={session.id}>
            <th scope="row" title={session.user_agent}>
              <bdi>{browserText(session.user_agent)}</bdi>
            </th>
            <td data-label={t("account.sessions.address")} className="mono">
              {session.address || t("shell.none")}
            </td>
            <td data-label={t("account.sessions.since")}>{formatMinute(session.created_at, zone)}</td>
            <td data-label={t("account.sessions.seen")}>{formatAgo(session.last_seen_at, zone)}</td>
            <td className="actions">
              {session.current ? (
                <span className="pill green">{t("account.sessions.this")}</span>
              ) : (
                <button
                  type="button"
                  className="button"
                  aria-label={t("account.sessions.end_named", { address: session.address })}
                  onClick={() => onEnd(session.id)}
                >
                  {t("account.sessions.end")}
                </button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function browserText(agent: string): string {
  const { browser, system } = browserOf(agent);
  if (browser && system) return t("account.browser.on", { browser, system });
  return browser || system || agent || t("account.browser.unknown");
}
