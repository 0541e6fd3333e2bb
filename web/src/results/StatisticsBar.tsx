import type { Stats } from "../api/types.ts";
import { zoneLabel } from "../text/format.ts";
import { t } from "../text/text.ts";

/* "1,204 events · 37 users · 12 domains · Europe/Berlin (UTC+01:00)" */
export function StatisticsBar({ stats, zone }: { stats: Stats | undefined; zone: string }) {
  const parts = stats
    ? [
        t("results.stats.events", { count: stats.events }),
        t("results.stats.users", { count: stats.actors }),
        t("results.stats.domains", { count: stats.domains }),
      ]
    : [];
  return (
    <p className="statistics" role="group" aria-label={t("results.stats")}>
      {[...parts, zoneLabel(zone)].map((part) => (
        <span key={part}>{part}</span>
      ))}
    </p>
  );
}
