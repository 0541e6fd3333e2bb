import { formatNumber } from "../text/format.ts";
import { t } from "../text/text.ts";
import { formatBytes } from "./bytes.ts";
import type { Progress } from "./download.ts";

/* How far a download has come, in events and bytes. */
export function ExportProgress({ progress }: { progress: Progress | undefined }) {
  const expected = progress?.expected ?? 0;
  const events = progress?.events ?? 0;
  return (
    <div className="stack">
      <progress
        className="progress"
        aria-label={t("export.progress")}
        max={Math.max(1, expected)}
        value={progress ? events : undefined}
      />
      <p className="muted">
        {t("export.progress.text", {
          events: formatNumber(events),
          expected: formatNumber(expected),
          bytes: formatBytes(progress?.bytes ?? 0),
        })}
      </p>
    </div>
  );
}
