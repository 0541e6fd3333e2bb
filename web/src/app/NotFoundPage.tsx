import { t } from "../text/text.ts";
import { Notice } from "../ui/Notice.tsx";
import { Link } from "./router.tsx";
import { useTitle } from "./title.tsx";

export function NotFoundPage() {
  useTitle(t("shell.title.missing"));
  return (
    <div className="page">
      <Notice title={t("shell.not_found")}>
        <p>{t("shell.not_found.text")}</p>
        <Link to="/search" className="button primary">
          {t("shell.not_found.back")}
        </Link>
      </Notice>
    </div>
  );
}
