import { type ReactNode, useState } from "react";
import { navigate } from "../app/router.tsx";
import { useMe } from "../app/session.tsx";
import { t } from "../text/text.ts";
import { TenantField } from "./TenantField.tsx";

type Props = {
  /* The part of the administration: its address is /admin/PART/TENANT. */
  part: string;
  title: string;
  text: string;
  tenant: string;
  children: (tenant: string) => ReactNode;
};

/* A page about one tenant, which is chosen at its top and is in its address. */
export function TenantChooser({ part, title, text, tenant, children }: Props) {
  const me = useMe();
  const only = me.grants.find((grant) => grant.role === "admin" && grant.tenant !== "")?.tenant ?? "";
  const shown = tenant || only;
  const [typed, setTyped] = useState(shown);
  return (
    <>
      <h1>{title}</h1>
      <p>{text}</p>
      <form
        className="row chooser"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim()) navigate(`/admin/${part}/${encodeURIComponent(typed.trim())}`);
        }}
      >
        <TenantField label={t("admin.tenant")} value={typed} onChange={setTyped} />
        <button type="submit" className="button" disabled={!typed.trim() || typed.trim() === shown}>
          {t("admin.choose")}
        </button>
      </form>
      {shown && children(shown)}
    </>
  );
}
