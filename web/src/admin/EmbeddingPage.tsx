import { useState } from "react";
import { api } from "../api/client.ts";
import { type SettingsAnswer, settingsPath } from "../api/settings.ts";
import { useRequest } from "../api/use_request.ts";
import { useZone } from "../state/zone.ts";
import { formatMinute } from "../text/format.ts";
import { t } from "../text/text.ts";
import { announce } from "../ui/announce.tsx";
import { ConfirmDialog } from "../ui/ConfirmDialog.tsx";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { OriginsPart } from "./OriginsPart.tsx";
import { PageTurner } from "./PageTurner.tsx";
import { TenantChooser } from "./TenantChooser.tsx";
import { TokenTool } from "./TokenTool.tsx";
import type { ViewerSession } from "./types.ts";
import { usePages } from "./use_pages.ts";

/* The viewer inside another portal: where it may be embedded, who looks at it now, and a tool to try it. */
export default function EmbeddingPage({ rest }: { rest: string }) {
  return (
    <>
      <TenantChooser part="embedding" title={t("admin.embedding")} text={t("admin.embedding.text")} tenant={rest}>
        {(tenant) => <Embedding key={tenant} tenant={tenant} />}
      </TenantChooser>
      <ViewersPart />
    </>
  );
}

function Embedding({ tenant }: { tenant: string }) {
  const { data, error, reload } = useRequest<SettingsAnswer>(settingsPath(tenant));
  return (
    <>
      {error !== undefined && <ErrorNotice error={error} onRetry={reload} />}
      {data && error === undefined && (
        <>
          <OriginsPart tenant={tenant} answer={data} onDone={reload} />
          <TokenTool tenant={tenant} origins={data.settings.embed_origins ?? []} />
        </>
      )}
    </>
  );
}

function ViewersPart() {
  const zone = useZone();
  const [ending, setEnding] = useState<ViewerSession | null>(null);
  const pages = usePages<{ viewer_tokens: ViewerSession[]; next: string | null }>("/v1/viewer-tokens", {});
  const { data, error, reload } = pages;
  const viewers = data?.viewer_tokens ?? [];
  return (
    <section className="part" aria-label={t("admin.viewers")}>
      <h2>{t("admin.viewers")}</h2>
      {error !== undefined && <ErrorNotice error={error} onRetry={reload} />}
      {data && viewers.length === 0 && <p className="muted">{t("admin.viewers.none")}</p>}
      {viewers.length > 0 && (
        <table className="table cards-below">
          <thead>
            <tr>
              <th scope="col">{t("admin.viewer.user")}</th>
              <th scope="col">{t("admin.viewer.origin")}</th>
              <th scope="col">{t("admin.tenant")}</th>
              <th scope="col">{t("admin.viewer.until")}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {viewers.map((viewer) => (
              <tr key={viewer.id}>
                <th scope="row">
                  <bdi>{viewer.user.display_name || viewer.user.name}</bdi>
                </th>
                <td data-label={t("admin.viewer.origin")}>
                  <bdi>{viewer.origin}</bdi>
                </td>
                <td data-label={t("admin.tenant")}>
                  <bdi className="mono">{viewer.tenant}</bdi> · {t(`admin.role.${viewer.role}`)}
                </td>
                <td data-label={t("admin.viewer.until")}>
                  {formatMinute(viewer.expires_at, zone)}
                  {viewer.state === "waiting" && <span className="pill">{t("admin.viewer.waiting")}</span>}
                </td>
                <td className="actions">
                  <button
                    type="button"
                    className="button"
                    aria-label={t("admin.viewers.end_named", { name: viewer.user.name })}
                    onClick={() => setEnding(viewer)}
                  >
                    {t("admin.viewers.end")}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <PageTurner pages={pages} />
      {ending && (
        <ConfirmDialog
          title={t("admin.viewers.end")}
          action={t("admin.viewers.end")}
          onClose={() => setEnding(null)}
          onConfirm={async () => {
            await api.delete(`/v1/viewer-tokens/${encodeURIComponent(ending.id)}`);
            announce(t("admin.done"));
            reload();
          }}
        >
          <p>
            <bdi>{ending.user.display_name || ending.user.name}</bdi>
          </p>
        </ConfirmDialog>
      )}
    </section>
  );
}
