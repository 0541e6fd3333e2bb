import { Suspense, useEffect, useState } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import PreferencesSync from "../account/PreferencesSync.tsx";
import { getSettings, useSettings } from "../state/settings.ts";
import { currentLanguage, currentLocale, t, switchLanguage } from "../text/text.ts";
import { Announcer } from "../ui/announce.tsx";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { ErrorBoundary } from "./ErrorBoundary.tsx";
import { Header } from "./Header.tsx";
import { NotFoundPage } from "./NotFoundPage.tsx";
import { useAddress } from "./router.tsx";
import { LogInPage, type Route, routeOf } from "./routes.tsx";
import { type Session, SessionProvider, useSession } from "./session.tsx";
import { TitleSpoken } from "./title.tsx";

/* The whole viewer. All of it is rendered anew when the language changes: texts are not state of any component. */
export function App() {
  const language = useChosenLanguage();
  return (
    <I18nProvider locale={currentLocale()}>
      <SessionProvider key={language} loadPage={loadPage}>
        <Frame />
      </SessionProvider>
    </I18nProvider>
  );
}

const loadPage = async () => routeOf(location.pathname)?.page.load();

function useChosenLanguage() {
  const { language } = useSettings();
  const [shown, setShown] = useState(currentLanguage());
  useEffect(() => {
    document.documentElement.lang = shown;
    if (language !== shown) void switchLanguage(language).then(() => setShown(getSettings().language));
  }, [language, shown]);
  return shown;
}

function Frame() {
  const { session } = useSession();
  const { path } = useAddress();
  const route = routeOf(path);
  return (
    <>
      {session.status === "in" && (
        <>
          <a href="#content" className="skip">
            {t("shell.skip")}
          </a>
          <Header me={session.me} />
          <PreferencesSync me={session.me} />
        </>
      )}
      <main id="content" tabIndex={-1}>
        <ErrorBoundary key={path}>
          <Suspense fallback={<p className="page muted">{t("shell.loading")}</p>}>
            <Content session={session} route={route} />
          </Suspense>
        </ErrorBoundary>
      </main>
      <TitleSpoken />
      <Announcer />
    </>
  );
}

function Content({ session, route }: { session: Session; route: Route | undefined }) {
  const { refresh } = useSession();
  if (route?.open) return <route.page />;
  if (session.status === "loading") return <p className="page muted">{t("shell.loading")}</p>;
  if (session.status === "failed")
    return (
      <div className="page">
        <ErrorNotice error={session.error} onRetry={() => void refresh()} />
      </div>
    );
  if (session.status === "out") return <LogInPage />;
  if (!route || !(route.for?.(session.me) ?? true)) return <NotFoundPage />;
  return <route.page />;
}
