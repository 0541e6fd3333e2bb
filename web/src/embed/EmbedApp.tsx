import { Suspense, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { ErrorBoundary } from "../app/ErrorBoundary.tsx";
import { Header } from "../app/Header.tsx";
import { NotFoundPage } from "../app/NotFoundPage.tsx";
import { useAddress } from "../app/router.tsx";
import { routeOf } from "../app/routes.tsx";
import { SessionProvider, useSession } from "../app/session.tsx";
import { TitleSpoken } from "../app/title.tsx";
import { getSettings, useSettings } from "../state/settings.ts";
import { currentLanguage, currentLocale, switchLanguage, t } from "../text/text.ts";
import { Announcer } from "../ui/announce.tsx";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { Notice } from "../ui/Notice.tsx";
import { type Access, askAgain, getAccess, isEmbedded, onAccess } from "./portal.ts";

const patience_ms = 10_000;

/* The viewer in a frame: no log-in, no account; who reads comes with the token. */
export function EmbedApp() {
  const { language } = useSettings();
  const [shown, setShown] = useState(currentLanguage());
  useEffect(() => {
    document.documentElement.lang = shown;
    if (language !== shown) void switchLanguage(language).then(() => setShown(getSettings().language));
  }, [language, shown]);
  return (
    <I18nProvider locale={currentLocale()}>
      <Gate key={shown} />
      <TitleSpoken />
      <Announcer />
    </I18nProvider>
  );
}

function Gate() {
  const access = useSyncExternalStore(onAccess, getAccess);
  if (!isEmbedded())
    return (
      <main className="page">
        <Notice title={t("embed.alone")}>
          <p>{t("embed.alone.text")}</p>
        </Notice>
      </main>
    );
  if (access.status !== "in") return <Waiting access={access} />;
  return (
    <SessionProvider>
      <Frame round={access.round} />
    </SessionProvider>
  );
}

/* A portal that cannot give a token tells only its own page, if anybody: after a while the reader may ask again. */
function Waiting({ access }: { access: Exclude<Access, { status: "in" }> }) {
  const [long, setLong] = useState(false);
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    setLong(false);
    const timer = setTimeout(() => setLong(true), patience_ms);
    return () => clearTimeout(timer);
  }, [access]);
  const again = () => {
    askAgain();
    // The button goes.
    main.current?.focus();
  };
  const waiting = access.status === "waiting" && !long;
  return (
    <main ref={main} className="page" tabIndex={-1}>
      <div role="status" className="muted">
        {waiting && t("embed.waiting")}
      </div>
      {access.status === "failed" ? (
        <ErrorNotice error={access.error} onRetry={again} />
      ) : (
        long && (
          <Notice tone="bad" title={t("embed.no_answer")}>
            <p>{t("embed.no_answer.text")}</p>
            <button type="button" className="button" onClick={again}>
              {t("shell.retry")}
            </button>
          </Notice>
        )
      )}
    </main>
  );
}

function Frame({ round }: { round: number }) {
  const { session, refresh } = useSession();
  const { path } = useAddress();
  const route = routeOf(path);
  useEffect(() => {
    // A renewed token may show another part of the log.
    if (round > 0) void refresh();
  }, [round, refresh]);
  useEffect(() => {
    if (session.status === "out") askAgain();
  }, [session.status]);
  if (session.status === "failed")
    return (
      <main className="page">
        <ErrorNotice error={session.error} onRetry={() => void refresh()} />
      </main>
    );
  if (session.status !== "in") return <main className="page muted">{t("shell.loading")}</main>;
  const allowed = route && !route.open && (route.for?.(session.me) ?? true);
  return (
    <>
      <a href="#content" className="skip">
        {t("shell.skip")}
      </a>
      <Header me={session.me} embedded />
      <main id="content" tabIndex={-1}>
        <ErrorBoundary key={path}>
          <Suspense fallback={<p className="page muted">{t("shell.loading")}</p>}>
            {allowed ? <route.page /> : <NotFoundPage />}
          </Suspense>
        </ErrorBoundary>
      </main>
    </>
  );
}
