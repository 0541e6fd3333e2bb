import { useState } from "react";
import { api } from "../api/client.ts";
import { useZone } from "../state/zone.ts";
import { formatAgo, formatDay, formatMinute } from "../text/format.ts";
import { t } from "../text/text.ts";
import { announce } from "../ui/announce.tsx";
import { ConfirmDialog } from "../ui/ConfirmDialog.tsx";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { Field } from "../ui/Field.tsx";
import { FormDialog } from "./FormDialog.tsx";
import { GrantText } from "./GrantText.tsx";
import { Empty, ListHead } from "./ListHead.tsx";
import { NewKeyDialog } from "./NewKeyDialog.tsx";
import { PageTurner } from "./PageTurner.tsx";
import { SecretDialog } from "./SecretDialog.tsx";
import type { Key, KeyState, NewKey } from "./types.ts";
import { useForm } from "./use_form.ts";
import { usePages } from "./use_pages.ts";

const stateColours: Record<KeyState, string> = { active: "green", overlap: "orange", expired: "grey", revoked: "grey" };
type Open = { is: "new" } | { is: "rotate" | "revoke"; key: Key } | { is: "secret"; secret: string };

/* API keys. A key's text is shown once, when it is made. */
export default function KeysPage() {
  const [prefix, setPrefix] = useState("");
  const [open, setOpen] = useState<Open | null>(null);
  const pages = usePages<{ keys: Key[]; next: string | null }>("/v1/keys", { prefix });
  const keys = pages.data?.keys;
  const close = () => setOpen(null);
  function show(made: NewKey) {
    setOpen({ is: "secret", secret: made.secret });
    pages.reload();
  }
  return (
    <>
      <ListHead
        title={t("admin.keys")}
        find={t("admin.keys.find")}
        prefix={prefix}
        onPrefix={setPrefix}
        action={t("admin.keys.add")}
        onAction={() => setOpen({ is: "new" })}
      />
      {pages.error !== undefined && <ErrorNotice error={pages.error} onRetry={pages.reload} />}
      {keys?.length === 0 && <Empty filtered={prefix !== ""} text={t("admin.keys.none")} />}
      {keys && keys.length > 0 && <KeyTable keys={keys} onOpen={setOpen} />}
      <PageTurner pages={pages} />
      {open?.is === "new" && <NewKeyDialog onClose={close} onMade={show} />}
      {open?.is === "rotate" && <RotateDialog apiKey={open.key} onClose={close} onMade={show} />}
      {open?.is === "revoke" && (
        <ConfirmDialog
          title={t("admin.keys.revoke")}
          action={t("admin.keys.revoke")}
          onClose={close}
          onConfirm={async () => {
            await api.delete(`/v1/keys/${encodeURIComponent(open.key.id)}`);
            announce(t("admin.keys.revoked"));
            pages.reload();
          }}
        >
          <p>
            <bdi>{t("admin.keys.revoke_text", { name: open.key.name })}</bdi>
          </p>
        </ConfirmDialog>
      )}
      {open?.is === "secret" && (
        <SecretDialog
          title={t("admin.keys.made")}
          text={t("admin.keys.secret_text")}
          label={t("admin.key.secret")}
          secret={open.secret}
          onClose={close}
        />
      )}
    </>
  );
}

function KeyTable({ keys, onOpen }: { keys: Key[]; onOpen: (open: Open) => void }) {
  const zone = useZone();
  return (
    <table className="table cards-below">
      <thead>
        <tr>
          <th scope="col">{t("admin.key.name")}</th>
          <th scope="col">{t("admin.key.place")}</th>
          <th scope="col">{t("admin.key.state")}</th>
          <th scope="col">{t("admin.key.last_used")}</th>
          <th scope="col">{t("admin.key.created")}</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <tr key={key.id}>
            <th scope="row">
              <bdi>{key.name}</bdi>
              <div className="mono muted">{key.prefix}…</div>
            </th>
            <td data-label={t("admin.key.place")}>
              <GrantText grant={key} />
              {key.addresses && <div className="mono muted">{key.addresses.join(", ")}</div>}
            </td>
            <td data-label={t("admin.key.state")}>
              <span className={`pill ${stateColours[key.state]}`}>{t(`admin.key.state.${key.state}`)}</span>
              {key.expires_at && (
                <div className="muted">{t("admin.key.until", { time: formatMinute(key.expires_at, zone) })}</div>
              )}
            </td>
            <td data-label={t("admin.key.last_used")}>
              {key.last_used_at ? formatAgo(key.last_used_at, zone) : t("admin.never")}
            </td>
            <td data-label={t("admin.key.created")}>
              {formatDay(key.created_at, zone)}
              <div className="muted">
                <bdi>{key.created_by}</bdi>
              </div>
            </td>
            <td className="actions">
              {key.state === "active" && (
                <button
                  type="button"
                  className="button"
                  aria-label={t("admin.keys.rotate_named", { name: key.name })}
                  onClick={() => onOpen({ is: "rotate", key })}
                >
                  {t("admin.keys.rotate")}
                </button>
              )}{" "}
              {(key.state === "active" || key.state === "overlap") && (
                <button
                  type="button"
                  className="button"
                  aria-label={t("admin.keys.revoke_named", { name: key.name })}
                  onClick={() => onOpen({ is: "revoke", key })}
                >
                  {t("admin.keys.revoke")}
                </button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function RotateDialog({
  apiKey,
  onClose,
  onMade,
}: {
  apiKey: Key;
  onClose: () => void;
  onMade: (made: NewKey) => void;
}) {
  const form = useForm({ hours: "24" }, ["overlap_h"], async ({ hours }) => {
    onMade(await api.post<NewKey>(`/v1/keys/${encodeURIComponent(apiKey.id)}/rotate`, { overlap_h: Number(hours) }));
  });
  return (
    <FormDialog
      title={t("admin.keys.rotate")}
      action={t("admin.keys.rotate")}
      form={form}
      ready={/^\d+$/.test(form.values.hours)}
      onClose={onClose}
    >
      <p>
        <bdi>{t("admin.keys.rotate_text", { name: apiKey.name })}</bdi>
      </p>
      <Field
        label={t("admin.keys.overlap")}
        help={t("admin.keys.overlap_help")}
        inputMode="numeric"
        value={form.values.hours}
        onChange={(value) => form.set("hours", value)}
        error={form.faults.overlap_h}
      />
    </FormDialog>
  );
}
