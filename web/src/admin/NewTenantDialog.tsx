import { api } from "../api/client.ts";
import { navigate } from "../app/router.tsx";
import { t } from "../text/text.ts";
import { Field } from "../ui/Field.tsx";
import { FormDialog } from "./FormDialog.tsx";
import { tenantAddress } from "./TenantsPage.tsx";
import { useForm } from "./use_form.ts";

/* A tenant comes to be with its first event; here it is named before. */
export function NewTenantDialog({ onClose }: { onClose: () => void }) {
  const form = useForm(
    { tenant: "", display_name: "" },
    ["tenant", "display_name"],
    async ({ tenant, display_name }) => {
      const path = tenant.trim();
      await api.put(`/v1/tenants/${encodeURIComponent(path)}`, { display_name: display_name.trim() });
      onClose();
      navigate(tenantAddress(path));
    },
  );
  return (
    <FormDialog
      title={t("admin.tenants.add")}
      action={t("admin.add")}
      form={form}
      ready={form.values.tenant.trim() !== "" && form.values.display_name.trim() !== ""}
      onClose={onClose}
    >
      <Field
        label={t("admin.tenant.path")}
        help={t("admin.tenant.path_help")}
        value={form.values.tenant}
        onChange={(value) => form.set("tenant", value)}
        error={form.faults.tenant}
        spellCheck="false"
        autoComplete="off"
      />
      <Field
        label={t("admin.tenant.name")}
        value={form.values.display_name}
        onChange={(value) => form.set("display_name", value)}
        error={form.faults.display_name}
        autoComplete="off"
      />
    </FormDialog>
  );
}
