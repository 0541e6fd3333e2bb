import { LogOut } from "lucide-react";
import { url } from "../api/client.ts";
import { changeSettings, useSettings } from "../state/settings.ts";
import { languages, t } from "../text/text.ts";
import { Link, useAddress } from "./router.tsx";
import { menuFor } from "./routes.tsx";
import { useMe, useSession } from "./session.tsx";

const languageNames = { en: "English", de: "Deutsch" };

/* Who reads, the pages of the account, the language, and the way out. */
export default function AccountMenu({ onClose }: { onClose: () => void }) {
  const me = useMe();
  const { signOut } = useSession();
  const { language } = useSettings();
  const tenant = useAddress().params.get("tenant") ?? "";
  return (
    <div className="account-menu">
      <p className="account-name">
        <bdi>{me.display_name || me.name}</bdi>
        {me.email && <bdi className="muted">{me.email}</bdi>}
      </p>
      <ul className="plain-list">
        {menuFor(me).map((route) => (
          <li key={route.path}>
            <Link to={url(route.path, { tenant })} className="menu-link" onClick={onClose}>
              {t(route.menu!)}
            </Link>
          </li>
        ))}
      </ul>
      <fieldset className="segments" aria-label={t("shell.language")}>
        {languages.map((name) => (
          <label key={name} className="segment" lang={name}>
            <input
              type="radio"
              name="language"
              checked={language === name}
              onChange={() => changeSettings({ language: name })}
            />
            {languageNames[name]}
          </label>
        ))}
      </fieldset>
      <button type="button" className="menu-link" onClick={() => void signOut()}>
        <LogOut size={16} aria-hidden />
        {t("shell.sign_out")}
      </button>
    </div>
  );
}
