import { Copy } from "lucide-react";
import { useState } from "react";
import type { LogEvent } from "../api/types.ts";
import { t } from "../text/text.ts";
import { copyText } from "../ui/copy.ts";
import { Shown } from "./Shown.tsx";

const drawn_max = 20_000;

/* The event as the API gave it; drawn only when opened. */
export function RawJson({ event }: { event: LogEvent }) {
  const [open, setOpen] = useState(false);
  const text = open ? JSON.stringify(event, null, 2) : "";
  return (
    <details className="raw" onToggle={(toggled) => setOpen(toggled.currentTarget.open)}>
      <summary>{t("details.section.raw")}</summary>
      {open && (
        <>
          <button type="button" className="button" onClick={() => void copyText(text)}>
            <Copy size={14} aria-hidden />
            {t("details.copy_json")}
          </button>
          <pre className="mono wrap raw-text" dir="ltr">
            <Shown text={text} max={drawn_max} />
          </pre>
        </>
      )}
    </details>
  );
}
