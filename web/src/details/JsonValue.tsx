import type { Json } from "../api/types.ts";
import { t } from "../text/text.ts";
import { Shown } from "./Shown.tsx";

/* A value of a change. What was not captured is "-"; empty text, null, true and numbers are told apart from words that look like them. */
export function JsonValue({ value }: { value: Json | undefined }) {
  if (value === undefined) return <span className="muted">{t("shell.none")}</span>;
  if (value === "") return <span className="muted">{t("details.value.empty")}</span>;
  if (typeof value === "string") return <Shown text={value} />;
  return (
    <span className="mono">
      <Shown text={JSON.stringify(value)} />
    </span>
  );
}
