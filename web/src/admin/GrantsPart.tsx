import { Plus } from "lucide-react";
import { useState } from "react";
import { api } from "../api/client.ts";
import type { Grant, Role } from "../api/types.ts";
import { t } from "../text/text.ts";
import { announce } from "../ui/announce.tsx";
import { ConfirmDialog } from "../ui/ConfirmDialog.tsx";
import { FormDialog } from "./FormDialog.tsx";
import { GrantText } from "./GrantText.tsx";
import { type Place, PlaceFields, placePointers, sentPlace } from "./PlaceFields.tsx";
import { RoleField } from "./RoleField.tsx";
import type { User } from "./types.ts";
import { useForm } from "./use_form.ts";

type Props = { user: User; onDone: () => void };

/* What a user may see and do; several grants add up. */
export function GrantsPart({ user, onDone }: Props) {
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Grant | null>(null);
  return (
    <section className="part" aria-label={t("admin.grants")}>
      <h2>{t("admin.grants")}</h2>
      {user.grants.length === 0 && <p className="muted">{t("admin.grants.none")}</p>}
      <ul className="plain-list grants">
        {user.grants.map((grant) => (
          <li key={grant.id}>
            <span>
              <GrantText grant={grant} />
            </span>
            <button
              type="button"
              className="button"
              aria-label={t("admin.grants.remove_named", {
                role: t(`admin.role.${grant.role}`),
                tenant: grant.tenant || t("admin.everywhere"),
              })}
              onClick={() => setRemoving(grant)}
            >
              {t("admin.remove")}
            </button>
          </li>
        ))}
      </ul>
      <div className="row">
        <button type="button" className="button" onClick={() => setAdding(true)}>
          <Plus size={16} aria-hidden />
          {t("admin.grants.add")}
        </button>
      </div>
      {adding && <NewGrantDialog user={user} onClose={() => setAdding(false)} onDone={onDone} />}
      {removing && (
        <ConfirmDialog
          title={t("admin.grants.remove")}
          action={t("admin.remove")}
          onClose={() => setRemoving(null)}
          onConfirm={async () => {
            await api.delete(`/v1/grants/${encodeURIComponent(removing.id ?? "")}`);
            announce(t("admin.done"));
            onDone();
          }}
        >
          <p>
            <GrantText grant={removing} />
          </p>
        </ConfirmDialog>
      )}
    </section>
  );
}

type Values = { role: Role; place: Place };

function NewGrantDialog({ user, onClose, onDone }: Props & { onClose: () => void }) {
  const empty: Values = { role: "viewer", place: { tenant: user.tenant, logs: [], products: [] } };
  const form = useForm(empty, ["role", ...placePointers("")], async ({ role, place }) => {
    const where = role === "operator" ? { tenant: "", logs: null, products: null } : sentPlace(place);
    await api.post("/v1/grants", { user: user.id, role, ...where });
    announce(t("admin.done"));
    onClose();
    onDone();
  });
  return (
    <FormDialog title={t("admin.grants.add")} action={t("admin.add")} form={form} onClose={onClose}>
      <RoleField role={form.values.role} onChange={(role) => form.set("role", role)} error={form.faults.role} />
      {form.values.role !== "operator" && (
        <PlaceFields
          place={form.values.place}
          onChange={(place) => form.set("place", place)}
          at=""
          faults={form.faults}
        />
      )}
    </FormDialog>
  );
}
