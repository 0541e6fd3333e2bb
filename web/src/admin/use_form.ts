import { type SyntheticEvent, useEffect, useState } from "react";
import { ApiError } from "../api/client.ts";
import { guardLeaving } from "../app/router.tsx";
import { t } from "../text/text.ts";
import { useSubmit } from "../ui/use_submit.ts";
import { sortFaults } from "./faults.ts";

export type Form<T> = {
  values: T;
  set: <K extends keyof T>(name: K, value: T[K]) => void;
  dirty: boolean;
  reset: () => void;
  busy: boolean;
  /* What the server found wrong, by field. */
  faults: Readonly<Record<string, string>>;
  /* An error that no field tells. */
  error: unknown;
  submit: (event: SyntheticEvent) => void;
};

/* A form whose values begin as `initial` (begun anew when that changes), sent by `send`. `pointers` are the fields that can show a fault. */
export function useForm<T extends object>(
  initial: T,
  pointers: readonly string[],
  send: (values: T) => Promise<void>,
): Form<T> {
  const key = JSON.stringify(initial);
  const [state, setState] = useState({ key, values: initial });
  const values = state.key === key ? state.values : initial;
  const { busy, error, run } = useSubmit();
  const sorted = sortFaults(error instanceof ApiError ? (error.problem.errors ?? []) : [], pointers);
  const told = Object.keys(sorted.fields).length > 0 && sorted.others.length === 0;
  return {
    values,
    set: (name, value) =>
      setState((before) => ({ key, values: { ...(before.key === key ? before.values : initial), [name]: value } })),
    dirty: JSON.stringify(values) !== key,
    reset: () => setState({ key, values: initial }),
    busy,
    faults: sorted.fields,
    error: told ? undefined : error,
    submit: (event) => {
      event.preventDefault();
      void run(() => send(values));
    },
  };
}

/* Asks before changes that were not saved are lost by going elsewhere. */
export function useUnsaved(dirty: boolean): void {
  useEffect(() => {
    if (!dirty) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    const release = guardLeaving(() => window.confirm(t("admin.unsaved")));
    return () => {
      window.removeEventListener("beforeunload", warn);
      release();
    };
  }, [dirty]);
}
