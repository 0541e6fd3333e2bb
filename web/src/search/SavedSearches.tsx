import { Trash2 } from "lucide-react";
import { type SyntheticEvent, useState } from "react";
import { changeSettingsOf } from "../api/settings.ts";
import type { SavedSearch } from "../api/types.ts";
import { currentAddress, Link } from "../app/router.tsx";
import { may, useMe, useSession } from "../app/session.tsx";
import { changePreferences } from "../state/preferences.ts";
import { t } from "../text/text.ts";
import { announce } from "../ui/announce.tsx";
import { CheckField } from "../ui/CheckField.tsx";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { Field } from "../ui/Field.tsx";

const most_saved = 50;

/* Searches that were given a name: one's own, and those that everybody in the tenant sees. */
export default function SavedSearches({ onClose }: { onClose: () => void }) {
  const me = useMe();
  const { refresh } = useSession();
  const own = me.preferences?.saved_searches ?? [];
  const shared = me.settings?.saved_searches ?? [];
  const tenant = me.grants[0]?.tenant ?? "";
  const may_share = may(me, "manage") && tenant !== "";
  const [error, setError] = useState<unknown>();

  async function store(list: "own" | "shared", searches: SavedSearch[]) {
    setError(undefined);
    try {
      if (list === "own") await changePreferences({ saved_searches: searches });
      else await changeSettingsOf(tenant, { saved_searches: searches });
      await refresh();
      return true;
    } catch (reason) {
      setError(reason);
      return false;
    }
  }
  return (
    <div className="saved stack">
      {own.length === 0 && shared.length === 0 && <p className="muted">{t("search.saved.none")}</p>}
      <SavedList
        title={t("search.saved.own")}
        searches={own}
        onClose={onClose}
        onChange={(next) => void store("own", next)}
      />
      <SavedList
        title={t("search.saved.shared", { tenant })}
        searches={shared}
        onClose={onClose}
        onChange={may_share ? (next) => void store("shared", next) : undefined}
      />
      <SaveForm
        tenant={may_share ? tenant : ""}
        onSave={async (search, share) => {
          const list = [...(share ? shared : own).filter((known) => known.name !== search.name), search].slice(
            -most_saved,
          );
          const done = await store(share ? "shared" : "own", list);
          if (done) announce(t("search.saved.done"));
          return done;
        }}
      />
      {error !== undefined && <ErrorNotice error={error} />}
    </div>
  );
}

type ListProps = {
  title: string;
  searches: readonly SavedSearch[];
  onClose: () => void;
  onChange: ((searches: SavedSearch[]) => void) | undefined;
};

function SavedList({ title, searches, onClose, onChange }: ListProps) {
  // A saved search is an address within the viewer; anything else that found its way in is not followed.
  const known = searches.filter(({ url }) => url === "/search" || url.startsWith("/search?"));
  if (known.length === 0) return null;
  return (
    <section>
      <h2 className="list-title">{title}</h2>
      <ul className="plain-list">
        {known.map(({ name, url }) => (
          <li key={name} className="saved-row">
            <Link to={url} className="menu-link" onClick={onClose}>
              <bdi>{name}</bdi>
            </Link>
            {onChange && (
              <button
                type="button"
                className="button quiet icon-only"
                aria-label={t("search.saved.delete", { name })}
                onClick={() => onChange(searches.filter((other) => other.name !== name))}
              >
                <Trash2 size={16} aria-hidden />
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/* `onSave` says whether it went well: what was typed is kept until then. */
type FormProps = { tenant: string; onSave: (search: SavedSearch, share: boolean) => Promise<boolean> };

function SaveForm({ tenant, onSave }: FormProps) {
  const [name, setName] = useState("");
  const [share, setShare] = useState(false);
  const [missing, setMissing] = useState(false);
  function save(event: SyntheticEvent) {
    event.preventDefault();
    event.stopPropagation();
    // The button is never disabled: it would lose the focus that it has while it saves.
    setMissing(!name.trim());
    if (!name.trim()) {
      event.currentTarget.querySelector("input")?.focus();
      return;
    }
    const address = currentAddress();
    void onSave({ name: name.trim(), url: address.startsWith("/search") ? address : "/search" }, share).then((done) => {
      if (!done) return;
      setName("");
      setShare(false);
    });
  }
  return (
    <form className="stack" onSubmit={save}>
      <Field
        label={t("search.saved.name")}
        value={name}
        onChange={setName}
        maxLength={100}
        isRequired
        error={missing && !name.trim() ? t("search.saved.needed") : undefined}
      />
      {tenant && (
        <CheckField checked={share} onChange={setShare}>
          {t("search.saved.share", { tenant })}
        </CheckField>
      )}
      <button type="submit" className="button primary">
        {t("search.saved.save")}
      </button>
    </form>
  );
}
