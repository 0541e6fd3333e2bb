import { t } from "../text/text.ts";
import { Notice } from "../ui/Notice.tsx";
import { Link } from "./router.tsx";

export function NotFoundPage() {
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
