import { api } from "../api/client.ts";
import { t } from "../text/text.ts";
import { Field } from "../ui/Field.tsx";
import { Select } from "../ui/Select.tsx";
import { FormDialog } from "./FormDialog.tsx";
import { expiryInstant } from "./instants.ts";
import { type Place, PlaceFields, placePointers, sentPlace } from "./PlaceFields.tsx";
import type { NewKey } from "./types.ts";
import { useForm } from "./use_form.ts";

type Values = { name: string; role: "writer" | "reader"; place: Place; addresses: string; expires: string };
const empty: Values = {
  name: "",
  role: "writer",
  place: { tenant: "", logs: [], products: [] },
  addresses: "",
  expires: "",
};
const pointers = ["name", "role", "addresses", "expires_at", ...placePointers("")];

export function NewKeyDialog({ onClose, onMade }: { onClose: () => void; onMade: (made: NewKey) => void }) {
  const form = useForm(empty, pointers, async ({ name, role, place, addresses, expires }) => {
    const list = addresses.split(/[\s,]+/).filter((address) => address !== "");
    const where = sentPlace(place);
    onMade(
      await api.post<NewKey>("/v1/keys", {
        name: name.trim(),
        role,
        tenant: where.tenant,
        ...(where.logs && { logs: where.logs }),
        ...(where.products && { products: where.products }),
        ...(list.length && { addresses: list }),
        ...(expires && { expires_at: expiryInstant(expires) }),
      }),
    );
  });
  const { values, set, faults } = form;
  return (
    <FormDialog
      title={t("admin.keys.add")}
      action={t("admin.keys.do_add")}
      form={form}
      ready={values.name.trim() !== ""}
      onClose={onClose}
    >
      <Field
        label={t("admin.key.name")}
        help={t("admin.key.name_help")}
        value={values.name}
        onChange={(value) => set("name", value)}
        error={faults.name}
        autoComplete="off"
      />
      <div className="field">
        <Select
          label={t("admin.role")}
          choices={[
            { id: "writer", text: t("admin.role.writer") },
            { id: "reader", text: t("admin.role.reader") },
          ]}
          chosen={values.role}
          onChoose={(role) => set("role", role)}
        />
        <p className="help">{t(`admin.role.may.${values.role}`)}</p>
        {faults.role && <p className="field-error">{faults.role}</p>}
      </div>
      <PlaceFields place={values.place} onChange={(place) => set("place", place)} at="" faults={faults} />
      <Field
        label={t("admin.key.addresses")}
        help={t("admin.key.addresses_help")}
        value={values.addresses}
        onChange={(value) => set("addresses", value)}
        error={faults.addresses}
        spellCheck="false"
        autoComplete="off"
      />
      <Field
        label={t("admin.key.expires")}
        help={t("admin.key.expires_help")}
        type="date"
        value={values.expires}
        onChange={(value) => set("expires", value)}
        error={faults.expires_at}
      />
    </FormDialog>
  );
}
