import { type ComponentType, lazy, type LazyExoticComponent, Suspense } from "react";
import { url } from "../api/client.ts";
import { NotFoundPage } from "../app/NotFoundPage.tsx";
import { Link, useAddress } from "../app/router.tsx";
import { useTitle } from "../app/title.tsx";
import type { PlainKey } from "../text/catalogue.ts";
import { t } from "../text/text.ts";
import { shownText } from "../ui/Value.tsx";

type Part = { name: string; label: PlainKey; page: LazyExoticComponent<ComponentType<{ rest: string }>> };

const parts: readonly Part[] = [
  { name: "users", label: "admin.users", page: lazy(() => import("./UsersPage.tsx")) },
  { name: "keys", label: "admin.keys", page: lazy(() => import("./KeysPage.tsx")) },
  { name: "tenants", label: "admin.tenants", page: lazy(() => import("./TenantsPage.tsx")) },
  { name: "embedding", label: "admin.embedding", page: lazy(() => import("./EmbeddingPage.tsx")) },
  { name: "insights", label: "admin.insights", page: lazy(() => import("./ThresholdsPage.tsx")) },
];

/* /admin/PART or /admin/PART/NAME: each part is loaded when it is opened and gets the name. */
export default function AdminPage() {
  const { path, params } = useAddress();
  const tenant = params.get("tenant") ?? "";
  const [name = "users", ...more] = path
    .split("/")
    .slice(2)
    .filter((piece) => piece !== "");
  const part = parts.find((known) => known.name === name);
  const rest = more.map(decodeURIComponent).join("/");
  const label = t(part?.label ?? "shell.title.missing");
  // A tenant's name tells the reader something; a user's id does not.
  useTitle(part && rest && name !== "users" ? `${label}: ${shownText(rest, 100)}` : label);
  if (!part) return <NotFoundPage />;
  return (
    <div className="page admin">
      <nav className="side-nav" aria-label={t("shell.administration")}>
        {parts.map((other) => (
          <Link
            key={other.name}
            to={url(`/admin/${other.name}`, { tenant })}
            aria-current={other === part ? "page" : undefined}
          >
            {t(other.label)}
          </Link>
        ))}
      </nav>
      <div className="admin-part">
        <Suspense fallback={<p className="muted">{t("shell.loading")}</p>}>
          <part.page key={path} rest={rest} />
        </Suspense>
      </div>
    </div>
  );
}
