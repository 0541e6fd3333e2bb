import { type SyntheticEvent, useState } from "react";
import { setBearer } from "../api/client.ts";
import { useSession } from "../app/session.tsx";
import { t } from "../text/text.ts";
import { Field } from "../ui/Field.tsx";

/* Logs in with a key, which is kept for this tab only. */
export default function LogInPage() {
  const { refresh, session } = useSession();
  const [key, setKey] = useState("");
  const [tried, setTried] = useState(false);
  function logIn(event: SyntheticEvent) {
    event.preventDefault();
    setBearer(key.trim(), true);
    void refresh().then(() => setTried(true));
  }
  return (
    <form className="page narrow" onSubmit={logIn}>
      <h1>{t("account.log_in")}</h1>
      <Field
        label={t("account.key")}
        help={t("account.key.help")}
        type="password"
        autoComplete="off"
        value={key}
        onChange={setKey}
        error={tried && session.status === "out" ? t("account.key.wrong") : undefined}
      />
      <button type="submit" className="button primary" disabled={!key.trim()}>
        {t("account.log_in")}
      </button>
    </form>
  );
}
