import { useAddress } from "../app/router.tsx";
import type { EventPage } from "../api/types.ts";
import { useRequest } from "../api/use_request.ts";
import { useSettings } from "../state/settings.ts";
import { formatDateTime } from "../text/format.ts";
import { t } from "../text/text.ts";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";

/* The events of one log, newest first. */
export default function SearchPage() {
  const { params } = useAddress();
  const { zone } = useSettings();
  const log = params.get("log");
  const { data, error, reload } = useRequest<EventPage>("/v1/events", { q: log ? `log:${log}` : "", limit: 25 });
  return (
    <div className="page">
      <h1 className="visually-hidden">{t("search.title")}</h1>
      {error !== undefined && <ErrorNotice error={error} onRetry={reload} />}
      <ul className="plain-list">
        {data?.events.map((event) => (
          <li key={event.id}>
            <time dateTime={event.occurred_at}>{formatDateTime(event.occurred_at, zone)}</time>{" "}
            <bdi>{event.summary}</bdi>
          </li>
        ))}
      </ul>
    </div>
  );
}
