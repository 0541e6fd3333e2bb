import { Radio } from "lucide-react";
import { t } from "../text/text.ts";

/* Switches the rows between pages of what is stored and what comes in. */
export function LiveButton({ on, onChange }: { on: boolean; onChange: (on: boolean) => void }) {
  return (
    <button type="button" className="button live-button" aria-pressed={on} onClick={() => onChange(!on)}>
      <Radio size={16} aria-hidden />
      {t("shell.live")}
    </button>
  );
}
