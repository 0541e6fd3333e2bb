import { useMe } from "../app/session.tsx";
import { useTitle } from "../app/title.tsx";
import type { Grant, Me } from "../api/types.ts";
import { t } from "../text/text.ts";
import { Part } from "./parts.tsx";
import { PasswordPart } from "./PasswordPart.tsx";
import { PreferencesPart } from "./PreferencesPart.tsx";
import { SecondFactorPart } from "./SecondFactorPart.tsx";
import { SessionsPart } from "./SessionsPart.tsx";

/* The reader's own account: profile, password, second factor, sessions, preferences. */
export default function AccountPage() {
  useTitle(t("account.title"));
  const me = useMe();
  const person = me.kind === "user";
  return (
    <div className="page account">
      <h1>{t("account.title")}</h1>
      <Part title={t("account.profile")}>
        <Profile me={me} />
        {!person && <p className="muted">{t("account.key_only")}</p>}
      </Part>
      <PreferencesPart />
      {person && <PasswordPart />}
      {person && me.has_password && <SecondFactorPart />}
      {person && <SessionsPart />}
    </div>
  );
}

function Profile({ me }: { me: Me }) {
  const rows = [
    [t("account.profile.login"), me.name],
    [t("account.profile.name"), me.display_name ?? ""],
    [t("account.profile.email"), me.email ?? ""],
  ] as const;
  return (
    <dl className="event-facts">
      {rows.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            <bdi>{value || t("shell.none")}</bdi>
          </dd>
        </div>
      ))}
      <div>
        <dt>{t("account.profile.grants")}</dt>
        <dd>
          {me.grants.map((grant, i) => (
            <div key={i}>
              <bdi>{grantText(grant)}</bdi>
            </div>
          ))}
        </dd>
      </div>
    </dl>
  );
}

export function grantText(grant: Grant): string {
  const role = t(`account.role.${grant.role}`);
  const where = grant.tenant
    ? t("account.profile.grant", { role, tenant: grant.tenant })
    : t("account.profile.everywhere", { role });
  const limits = [...(grant.logs ?? []), ...(grant.products ?? [])];
  return limits.length ? `${where}, ${t("account.profile.limited", { what: limits.join(", ") })}` : where;
}
