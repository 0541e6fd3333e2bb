import { useState } from "react";
import { Link } from "../app/router.tsx";
import { formatNumber } from "../text/format.ts";
import { t } from "../text/text.ts";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { Empty, ListHead } from "./ListHead.tsx";
import { PageTurner } from "./PageTurner.tsx";
import { TenantPage } from "./TenantPage.tsx";
import { NewTenantDialog } from "./NewTenantDialog.tsx";
import type { Retention, Tenant } from "./types.ts";
import { usePages } from "./use_pages.ts";

export default function TenantsPage({ rest }: { rest: string }) {
  return rest ? <TenantPage tenant={rest} /> : <TenantList />;
}

export function tenantAddress(tenant: string): string {
  return `/admin/tenants/${encodeURIComponent(tenant)}`;
}

export function retentionText(retention: Retention): string {
  return retention.days === 0 ? t("admin.retention.ever") : t("admin.retention.days", { count: retention.days });
}

function TenantList() {
  const [prefix, setPrefix] = useState("");
  const [adding, setAdding] = useState(false);
  const pages = usePages<{ tenants: Tenant[]; next: string | null }>("/v1/tenants", { prefix });
  const tenants = pages.data?.tenants;
  return (
    <>
      <ListHead
        title={t("admin.tenants")}
        find={t("admin.tenants.find")}
        prefix={prefix}
        onPrefix={setPrefix}
        action={t("admin.tenants.add")}
        onAction={() => setAdding(true)}
      />
      {pages.error !== undefined && <ErrorNotice error={pages.error} onRetry={pages.reload} />}
      {tenants?.length === 0 && <Empty filtered={prefix !== ""} text={t("admin.tenants.none")} />}
      {tenants && tenants.length > 0 && <TenantTable tenants={tenants} />}
      <PageTurner pages={pages} />
      {adding && <NewTenantDialog onClose={() => setAdding(false)} />}
    </>
  );
}

function TenantTable({ tenants }: { tenants: Tenant[] }) {
  return (
    <table className="table cards-below">
      <thead>
        <tr>
          <th scope="col">{t("admin.tenant")}</th>
          <th scope="col">{t("admin.tenant.name")}</th>
          <th scope="col">{t("admin.tenant.events")}</th>
          <th scope="col">{t("admin.retention")}</th>
        </tr>
      </thead>
      <tbody>
        {tenants.map((tenant) => (
          <tr key={tenant.tenant}>
            <th scope="row">
              <Link to={tenantAddress(tenant.tenant)}>
                <bdi className="mono">{tenant.tenant}</bdi>
              </Link>{" "}
              {tenant.closed && <span className="pill">{t("admin.tenant.closed")}</span>}
            </th>
            <td data-label={t("admin.tenant.name")}>
              <bdi>{tenant.display_name || t("shell.none")}</bdi>
            </td>
            <td data-label={t("admin.tenant.events")}>
              {tenant.last_seq === null ? t("shell.none") : formatNumber(tenant.last_seq)}
            </td>
            <td data-label={t("admin.retention")}>
              {retentionText(tenant.retention)}{" "}
              {!tenant.retention.own && <span className="muted">{t("admin.inherited")}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
