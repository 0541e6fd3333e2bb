import type { Role } from "../api/types.ts";
import { may, useMe } from "../app/session.tsx";
import { t } from "../text/text.ts";
import { Select } from "../ui/Select.tsx";

type Props = { role: Role; onChange: (role: Role) => void; error?: string | undefined };

/* The roles that people have, with what each may; operators are made by operators. */
export function RoleField({ role, onChange, error }: Props) {
  const me = useMe();
  const roles: Role[] = may(me, "operate")
    ? ["viewer", "auditor", "admin", "operator"]
    : ["viewer", "auditor", "admin"];
  return (
    <div className="field">
      <Select
        label={t("admin.role")}
        choices={roles.map((id) => ({ id, text: t(`admin.role.${id}`) }))}
        chosen={role}
        onChoose={onChange}
      />
      <p className="help">{t(`admin.role.may.${role}`)}</p>
      {error && <p className="field-error">{error}</p>}
    </div>
  );
}
