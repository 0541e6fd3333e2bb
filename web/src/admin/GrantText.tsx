import type { Grant } from "../api/types.ts";
import { t } from "../text/text.ts";

/* "Auditor · acme/eu · only admin, auth" */
export function GrantText({ grant }: { grant: Pick<Grant, "role" | "tenant" | "logs" | "products"> }) {
  const limits = [...(grant.logs ?? []), ...(grant.products ?? [])];
  return (
    <>
      {t(`admin.role.${grant.role}`)} · <bdi className="mono">{grant.tenant || t("admin.everywhere")}</bdi>
      {limits.length > 0 && (
        <span className="muted">
          {" · "}
          <bdi>{t("admin.only", { what: limits.join(", ") })}</bdi>
        </span>
      )}
    </>
  );
}
