import { t } from "../text/text.ts";
import { Value } from "../ui/Value.tsx";
import { ActionPill } from "./ActionPill.tsx";
import { columnsFor } from "./columns.tsx";
import { type RowsProps, ToggleButton } from "./EventTable.tsx";
import { ObjectTag } from "./ObjectTag.tsx";
import { formatDateTime } from "../text/format.ts";
import { actorName } from "./columns.tsx";

/* One card per event, with the same details as the table; for narrow windows and for reading. */
export function EventCards({ events, zone, catalog, open, onToggle, details }: RowsProps) {
  return (
    <ul className="plain-list cards" aria-label={t("results.title")}>
      {events.map((event) => (
        <li key={event.id}>
          <article className={open === event.id ? "card open" : "card"}>
            <div className="card-head">
              <ToggleButton event={event} open={open === event.id} onToggle={onToggle} />
              <ActionPill event={event} catalog={catalog} text={event.activity} />
              {event.target?.type && <ObjectTag type={event.target.type} catalog={catalog} />}
              <time dateTime={event.occurred_at} className="muted">
                {formatDateTime(event.occurred_at, zone)}
              </time>
            </div>
            {/* The details begin with it. */}
            {open !== event.id && (
              <p className="card-text">
                <Value text={event.summary} />
              </p>
            )}
            <p className="card-facts muted">
              <Value text={actorName(event)} />
              {facts
                .map((fact) => fact.cell(event, { zone, catalog }))
                .map((fact, at) => (
                  <span key={at}>{fact}</span>
                ))}
            </p>
            {open === event.id && (
              <div className="card-details" id={`details-${event.id}`}>
                {details(event)}
              </div>
            )}
          </article>
        </li>
      ))}
    </ul>
  );
}

const facts = columnsFor("", ["ip", "product"]);
