import { type ComponentType, lazy, type LazyExoticComponent, Suspense } from "react";
import { Link, useAddress } from "../app/router.tsx";
import { NotFoundPage } from "../app/NotFoundPage.tsx";
import { useTitle } from "../app/title.tsx";
import type { PlainKey } from "../text/catalogue.ts";
import { t } from "../text/text.ts";

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
  const { path } = useAddress();
  const [name = "users", ...more] = path
    .split("/")
    .slice(2)
    .filter((piece) => piece !== "");
  const part = parts.find((known) => known.name === name);
  useTitle(t(part?.label ?? "shell.title.missing"));
  if (!part) return <NotFoundPage />;
  return (
    <div className="page admin">
      <nav className="side-nav" aria-label={t("shell.administration")}>
        {parts.map((other) => (
          <Link key={other.name} to={`/admin/${other.name}`} aria-current={other === part ? "page" : undefined}>
            {t(other.label)}
          </Link>
        ))}
      </nav>
      <div className="admin-part">
        <Suspense fallback={<p className="muted">{t("shell.loading")}</p>}>
          <part.page key={path} rest={more.map(decodeURIComponent).join("/")} />
        </Suspense>
      </div>
    </div>
  );
}
