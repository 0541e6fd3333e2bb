import { ApiError } from "../api/client.ts";
import type { LogEvent } from "../api/types.ts";
import { useRequest } from "../api/use_request.ts";
import { navigate, useAddress } from "../app/router.tsx";
import { useTitle } from "../app/title.tsx";
import { useZone } from "../state/zone.ts";
import { t } from "../text/text.ts";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { Notice } from "../ui/Notice.tsx";
import { shownText } from "../ui/Value.tsx";
import EventDetails from "./EventDetails.tsx";
import { filterAddress } from "./investigate.ts";
import { Shown } from "./Shown.tsx";

/* One event, for a link that names it: /event?id=TENANT:SEQ. */
export default function EventPage() {
  const { params } = useAddress();
  const zone = useZone();
  const id = params.get("id") ?? "";
  useTitle(`${t("details.title")} ${shownText(id, 100)}`.trim());
  const { data: event, error, reload } = useRequest<LogEvent>(id ? `/v1/events/${encodeURIComponent(id)}` : null);
  return (
    <div className="page">
      <h1>
        {t("details.title")} <span className="mono event-id">{<Shown text={id} max={200} />}</span>
      </h1>
      {!id && <Notice title={t("details.no_id")} />}
      {error !== undefined && <Failure error={error} onRetry={reload} />}
      {event && error === undefined && (
        <EventDetails
          event={event}
          zone={zone}
          alone
          level={2}
          onFilter={(field, value, negate) => navigate(filterAddress(field, value, negate))}
        />
      )}
    </div>
  );
}

function Failure({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  if (error instanceof ApiError && (error.status === 404 || error.status === 400))
    return (
      <Notice tone="bad" title={t("details.missing")}>
        <p>{t("details.missing.text")}</p>
      </Notice>
    );
  return <ErrorNotice error={error} onRetry={onRetry} />;
}
