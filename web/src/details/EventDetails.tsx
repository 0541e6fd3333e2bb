import { Copy, ExternalLink, Link as LinkIcon, UserSearch } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import type { LogEvent } from "../api/types.ts";
import { Link } from "../app/router.tsx";
import { t } from "../text/text.ts";
import { copyText } from "../ui/copy.ts";
import { Changes } from "./Changes.tsx";
import { copyText as detailsText } from "./copy.ts";
import { eventAddress, investigateAddress, suspects } from "./investigate.ts";
import { RawJson } from "./RawJson.tsx";
import { eventSections } from "./sections.ts";
import { Shown } from "./Shown.tsx";
import { parameterTags } from "./tags.ts";
import { Facts, type Picked, Tags } from "./Values.tsx";

const ValueMenu = lazy(() => import("./ValueMenu.tsx"));

export type EventDetailsProps = {
  event: LogEvent;
  zone: string;
  /* Filters for a value, or it out, at once. Without it values can only be copied. */
  onFilter?: ((field: string, value: string, negate: boolean) => void) | undefined;
  /* What "Copy link" copies, absolute; else the event's own page. */
  link?: string | undefined;
  /* On the event's own page there is no link to that page. */
  alone?: boolean;
  /* The level of its headings. */
  level?: 2 | 3 | 4;
};

/* Everything there is to know of one event: for an expanded row, a card, and a page of its own. */
export default function EventDetails({ event, zone, onFilter, link, alone, level = 3 }: EventDetailsProps) {
  const [picked, setPicked] = useState<Picked | null>(null);
  const sections = useMemo(() => eventSections(event, zone), [event, zone]);
  const tags = parameterTags(event.params);
  const Heading = `h${level}` as const;
  const failed = event.outcome === "failure" || event.outcome === "denied";
  return (
    <div className="details">
      <p className={failed ? "details-summary failed" : "details-summary"}>
        <Shown text={event.summary} />
      </p>
      <Actions event={event} zone={zone} link={link} alone={alone} />
      {event.changes && event.changes.length > 0 && (
        <section className="details-wide">
          <Heading>{t("details.section.changes")}</Heading>
          <Changes changes={event.changes} />
        </section>
      )}
      <div className="details-sections">
        {sections.map((section) => (
          <section key={section.title}>
            <Heading>{section.title}</Heading>
            <Facts facts={section.facts} onPick={setPicked} />
          </section>
        ))}
      </div>
      {tags.length > 0 && (
        <section className="details-wide">
          <Heading>{t("details.section.parameters")}</Heading>
          <Tags tags={tags} onPick={setPicked} />
        </section>
      )}
      <RawJson event={event} />
      {picked && (
        <Suspense fallback={null}>
          <ValueMenu picked={picked} onFilter={onFilter} onClose={() => setPicked(null)} />
        </Suspense>
      )}
    </div>
  );
}

type ActionsProps = Pick<EventDetailsProps, "event" | "zone" | "link" | "alone">;

function Actions({ event, zone, link, alone }: ActionsProps) {
  const address = link ?? new URL(eventAddress(event), location.href).href;
  return (
    <div className="details-actions">
      <button type="button" className="button" onClick={() => void copyText(detailsText(event, zone, address))}>
        <Copy size={14} aria-hidden />
        {t("details.copy")}
      </button>
      <button type="button" className="button" onClick={() => void copyText(address)}>
        <LinkIcon size={14} aria-hidden />
        {t("details.copy_link")}
      </button>
      {suspects(event).map((suspect) => (
        <Link
          key={suspect.term}
          to={investigateAddress(suspect)}
          className="button investigate"
          title={t("details.investigate.hint", { name: suspect.name })}
        >
          <UserSearch size={14} aria-hidden />
          <span className="button-text">
            <Shown text={t("details.investigate", { name: suspect.name })} />
          </span>
        </Link>
      ))}
      {!alone && (
        <Link to={eventAddress(event)} className="button quiet">
          <ExternalLink size={14} aria-hidden />
          {t("details.open")}
        </Link>
      )}
    </div>
  );
}
