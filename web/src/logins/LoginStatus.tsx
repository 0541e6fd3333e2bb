import { CircleCheck, CircleX } from "lucide-react";
import { reasonWords } from "../details/sections.ts";
import { formatDuration } from "../text/format.ts";
import { t } from "../text/text.ts";
import { shownText } from "../ui/Value.tsx";
import type { Login } from "./types.ts";

/* Whether it worked, and why not: in words and with an icon; red only where the password was wrong. */
export function LoginStatus({ login }: { login: Login }) {
  const failed = login.state === "failed";
  const color = !failed ? "green" : login.reason === "bad_password" ? "red" : "blue";
  const Icon = failed ? CircleX : CircleCheck;
  return (
    <span className="login-status">
      <span className={`pill ${color}`}>
        <Icon size={12} aria-hidden />
        {t(failed ? "logins.failed" : "logins.success")}
      </span>
      {failed && login.reason && <bdi className="muted">{shownText(reasonWords(login.reason), 80)}</bdi>}
    </span>
  );
}

export function SessionText({ login }: { login: Login }) {
  if (login.state === "failed") return <>{t("shell.none")}</>;
  if (login.duration_s !== null) return <>{formatDuration(login.duration_s)}</>;
  return <span className="login-open">{t("logins.open")}</span>;
}
