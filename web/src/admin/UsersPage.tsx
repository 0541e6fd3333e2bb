import { useState } from "react";
import { Link } from "../app/router.tsx";
import { useZone } from "../state/zone.ts";
import { formatAgo } from "../text/format.ts";
import { t } from "../text/text.ts";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { GrantText } from "./GrantText.tsx";
import { Empty, ListHead } from "./ListHead.tsx";
import { NewUserDialog } from "./NewUserDialog.tsx";
import { PageTurner } from "./PageTurner.tsx";
import type { User, UserState } from "./types.ts";
import { usePages } from "./use_pages.ts";
import { UserPage } from "./UserPage.tsx";

export default function UsersPage({ rest }: { rest: string }) {
  return rest ? <UserPage id={rest} /> : <UserList />;
}

const stateColours: Record<UserState, string> = { active: "green", invited: "blue", disabled: "grey" };

export function StatePill({ state }: { state: UserState }) {
  return <span className={`pill ${stateColours[state]}`}>{t(`admin.user.state.${state}`)}</span>;
}

function UserList() {
  const [prefix, setPrefix] = useState("");
  const [adding, setAdding] = useState(false);
  const pages = usePages<{ users: User[]; next: string | null }>("/v1/users", { prefix });
  const users = pages.data?.users;
  return (
    <>
      <ListHead
        title={t("admin.users")}
        find={t("admin.users.find")}
        prefix={prefix}
        onPrefix={setPrefix}
        action={t("admin.users.add")}
        onAction={() => setAdding(true)}
      />
      {pages.error !== undefined && <ErrorNotice error={pages.error} onRetry={pages.reload} />}
      {users?.length === 0 && <Empty filtered={prefix !== ""} text={t("admin.users.none")} />}
      {users && users.length > 0 && <UserTable users={users} />}
      <PageTurner pages={pages} />
      {adding && <NewUserDialog onClose={() => setAdding(false)} onDone={pages.reload} />}
    </>
  );
}

function UserTable({ users }: { users: User[] }) {
  const zone = useZone();
  return (
    <table className="table cards-below">
      <thead>
        <tr>
          <th scope="col">{t("admin.user.login")}</th>
          <th scope="col">{t("admin.user.name")}</th>
          <th scope="col">{t("admin.user.grants")}</th>
          <th scope="col">{t("admin.user.state")}</th>
          <th scope="col">{t("admin.user.last_login")}</th>
        </tr>
      </thead>
      <tbody>
        {users.map((user) => (
          <tr key={user.id}>
            <th scope="row">
              <Link to={`/admin/users/${encodeURIComponent(user.id)}`}>
                <bdi>{user.login}</bdi>
              </Link>
            </th>
            <td data-label={t("admin.user.name")}>
              <bdi>{user.display_name || t("shell.none")}</bdi>
              {user.email && (
                <div className="muted">
                  <bdi>{user.email}</bdi>
                </div>
              )}
            </td>
            <td data-label={t("admin.user.grants")}>
              {user.grants.map((grant) => (
                <div key={grant.id}>
                  <GrantText grant={grant} />
                </div>
              ))}
              {user.grants.length === 0 && t("shell.none")}
            </td>
            <td data-label={t("admin.user.state")}>
              <StatePill state={user.state} />
              {user.totp && <span className="pill">{t("admin.user.totp")}</span>}
            </td>
            <td data-label={t("admin.user.last_login")}>
              {user.last_login_at ? formatAgo(user.last_login_at, zone) : t("admin.never")}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
