import { type ReactNode, useState } from "react";
import { useRequest } from "../api/use_request.ts";
import { Link, navigate, useAddress } from "../app/router.tsx";
import { useMe } from "../app/session.tsx";
import { t } from "../text/text.ts";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { TenantField } from "./TenantField.tsx";
import type { Tenant } from "./types.ts";

type Props = {
  /* The part of the administration: its address is /admin/PART/TENANT. */
  part: string;
  title: string;
  text: string;
  tenant: string;
  children: (tenant: string) => ReactNode;
};

const listed_max = 20;

/* A page about one tenant, which is chosen at its top and is in its address; else that of the header, or the only one that the reader
   administers. */
export function TenantChooser({ part, title, text, tenant, children }: Props) {
  const me = useMe();
  const [first = "", ...others] = me.grants.filter(({ role }) => role === "admin").map((grant) => grant.tenant);
  const only = others.every((place) => place === first) ? first : "";
  const in_header = useAddress().params.get("tenant") ?? "";
  const shown = tenant || in_header || only;
  const [typed, setTyped] = useState(shown);
  const [before, setBefore] = useState(shown);
  if (before !== shown) {
    setBefore(shown);
    setTyped(shown);
  }
  const addressOf = (path: string) => `/admin/${part}/${encodeURIComponent(path)}`;
  return (
    <>
      <h1>{title}</h1>
      <p>{text}</p>
      <form
        className="row chooser"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim()) navigate(addressOf(typed.trim()));
        }}
      >
        <TenantField label={t("admin.tenant")} value={typed} onChange={setTyped} />
        <button type="submit" className="button" disabled={!typed.trim() || typed.trim() === shown}>
          {t("admin.choose")}
        </button>
      </form>
      {shown ? children(shown) : <Tenants addressOf={addressOf} />}
    </>
  );
}

/* The first of them, to choose by a press. */
function Tenants({ addressOf }: { addressOf: (tenant: string) => string }) {
  const { data, error, reload } = useRequest<{ tenants: Tenant[]; next: string | null }>("/v1/tenants", {
    limit: listed_max,
  });
  if (error !== undefined) return <ErrorNotice error={error} onRetry={reload} />;
  if (!data) return null;
  return (
    <>
      <ul className="plain-list" aria-label={t("admin.tenants")}>
        {data.tenants.map(({ tenant, display_name }) => (
          <li key={tenant}>
            <Link to={addressOf(tenant)} className="menu-link">
              <bdi className="mono">{tenant}</bdi> <bdi className="muted">{display_name}</bdi>
            </Link>
          </li>
        ))}
      </ul>
      {data.next && <p className="muted">{t("admin.tenants.more")}</p>}
    </>
  );
}
