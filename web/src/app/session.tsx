/* Who reads: the answer of GET /v1/me, asked once at the start and after each log-in. */
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { api, ApiError, onUnauthorized, setBearer, setCsrf } from "../api/client.ts";
import type { Me, Right } from "../api/types.ts";

export type Session =
  { status: "loading" } | { status: "out" } | { status: "failed"; error: unknown } | { status: "in"; me: Me };

type SessionControl = {
  session: Session;
  /* Asks again who reads: after logging in, and after anything that changes the answer. */
  refresh: () => Promise<void>;
  signOut: () => Promise<void>;
};

const Context = createContext<SessionControl | null>(null);

type ProviderProps = { children: ReactNode; loadPage?: () => Promise<unknown> };

/* The page is loaded while the server says who reads. */
export function SessionProvider({ children, loadPage }: ProviderProps) {
  const [session, setSession] = useState<Session>({ status: "loading" });
  const refresh = useCallback(async () => {
    try {
      const [me] = await Promise.all([api.get<Me>("/v1/me"), loadPage?.().catch(() => undefined)]);
      setCsrf(me.csrf ?? "");
      setSession({ status: "in", me });
    } catch (error) {
      setSession(error instanceof ApiError && error.status === 401 ? { status: "out" } : { status: "failed", error });
    }
  }, [loadPage]);
  const signOut = useCallback(async () => {
    try {
      await api.delete("/v1/sessions/current");
    } finally {
      setBearer(null);
      setSession({ status: "out" });
    }
  }, []);
  useEffect(() => {
    onUnauthorized(() => setSession({ status: "out" }));
    void refresh();
  }, [refresh]);
  const control = useMemo(() => ({ session, refresh, signOut }), [session, refresh, signOut]);
  return <Context.Provider value={control}>{children}</Context.Provider>;
}

export function useSession(): SessionControl {
  const control = useContext(Context);
  if (!control) throw new Error("useSession outside of SessionProvider");
  return control;
}

/* The reader; only below the log-in gate. */
export function useMe(): Me {
  const { session } = useSession();
  if (session.status !== "in") throw new Error("useMe before the log-in");
  return session.me;
}

export function may(me: Me, right: Right): boolean {
  return me.rights.includes(right);
}

/* The one tenant that the reader's grants all lie in, so that nothing outside of it can be seen; "" where there is none. */
export function rootTenant({ grants }: Pick<Me, "grants">): string {
  const places = grants.filter((grant) => grant.role !== "writer").map((grant) => grant.tenant);
  const inside = (place: string, root: string) => place === root || place.startsWith(`${root}/`);
  return places.find((root) => root !== "" && places.every((place) => inside(place, root))) ?? "";
}

/* Whether any grant lets the reader see this log. */
export function maySeeLog(me: Me, log: string): boolean {
  return (
    me.grants.length === 0 ||
    me.grants.some((grant) => grant.role !== "writer" && (!grant.logs || grant.logs.includes(log)))
  );
}
