import { useState } from "react";
import { api } from "../api/client.ts";
import type { Role } from "../api/types.ts";
import { t } from "../text/text.ts";
import { Field } from "../ui/Field.tsx";
import { FormDialog } from "./FormDialog.tsx";
import { type Place, PlaceFields, placePointers, sentPlace } from "./PlaceFields.tsx";
import { RoleField } from "./RoleField.tsx";
import { SecretDialog } from "./SecretDialog.tsx";
import type { User } from "./types.ts";
import { useForm } from "./use_form.ts";

type Values = { login: string; display_name: string; email: string; role: Role; place: Place };
const empty: Values = {
  login: "",
  display_name: "",
  email: "",
  role: "viewer",
  place: { tenant: "", logs: [], products: [] },
};
const pointers = ["login", "display_name", "email", "grants/0/role", ...placePointers("grants/0/")];

/* A new user with a first grant; the link to choose a password is shown once. */
export function NewUserDialog({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const [link, setLink] = useState<string | null>(null);
  const form = useForm(empty, [...pointers, "tenant"], async ({ login, display_name, email, role, place }) => {
    const answer = await api.post<{ user: User; link: string }>("/v1/users", {
      login: login.trim(),
      tenant: place.tenant,
      grants: [{ role, ...(role === "operator" ? { tenant: "", logs: null, products: null } : sentPlace(place)) }],
      ...(email.trim() && { email: email.trim() }),
      ...(display_name.trim() && { display_name: display_name.trim() }),
    });
    setLink(new URL(answer.link, location.origin).href);
    onDone();
  });
  const { values, set, faults } = form;
  if (link !== null)
    return (
      <SecretDialog
        title={t("admin.user.invited")}
        text={t("admin.user.link_text")}
        label={t("admin.user.link")}
        secret={link}
        onClose={onClose}
      />
    );
  return (
    <FormDialog
      title={t("admin.users.add")}
      action={t("admin.users.do_add")}
      form={form}
      ready={values.login.trim() !== ""}
      onClose={onClose}
    >
      <Field
        label={t("admin.user.login")}
        help={t("admin.user.login_help")}
        value={values.login}
        onChange={(value) => set("login", value)}
        error={faults.login}
        autoComplete="off"
        spellCheck="false"
      />
      <Field
        label={t("admin.user.name")}
        value={values.display_name}
        onChange={(value) => set("display_name", value)}
        error={faults.display_name}
        autoComplete="off"
      />
      <Field
        label={t("admin.user.email")}
        type="email"
        value={values.email}
        onChange={(value) => set("email", value)}
        error={faults.email}
        autoComplete="off"
      />
      <RoleField role={values.role} onChange={(role) => set("role", role)} error={faults["grants/0/role"]} />
      {values.role !== "operator" && (
        <PlaceFields
          place={values.place}
          onChange={(place) => set("place", place)}
          at="grants/0/"
          faults={faults.tenant ? { ...faults, "grants/0/tenant": faults.tenant } : faults}
        />
      )}
    </FormDialog>
  );
}
