import { ChevronRight } from "lucide-react";
import { type MouseEvent, memo, type ReactNode } from "react";
import type { Catalog } from "../api/catalog.ts";
import type { LogEvent } from "../api/types.ts";
import { t } from "../text/text.ts";
import { shownText } from "../ui/Value.tsx";
import { type Column, columnName } from "./columns.tsx";

export type RowsProps = {
  events: readonly LogEvent[];
  log: string;
  columns: readonly Column[];
  zone: string;
  catalog: Catalog | undefined;
  open: string | null;
  onToggle: (id: string) => void;
  details: (event: LogEvent) => ReactNode;
};

/* Rows that open in place: a press anywhere on a row does what its button does. */
export function EventTable({ events, log, columns, zone, catalog, open, onToggle, details }: RowsProps) {
  return (
    <div className="events-frame">
      <table className="events" aria-label={t("results.title")}>
        <thead>
          <tr>
            <th scope="col" className="c-toggle">
              <span className="visually-hidden">{t("results.column.details")}</span>
            </th>
            {columns.map((column) => (
              <th key={column.id} scope="col" className={column.look}>
                {columnName(column.id, log, zone)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {events.map((event) => (
            <Row key={event.id} {...{ event, columns, zone, catalog, onToggle }}>
              {open === event.id && (
                <tr className="event-details" id={`details-${event.id}`}>
                  <td colSpan={columns.length + 1}>
                    <div className="event-details-box">{details(event)}</div>
                  </td>
                </tr>
              )}
            </Row>
          ))}
        </tbody>
      </table>
    </div>
  );
}

type RowProps = Pick<RowsProps, "columns" | "zone" | "catalog" | "onToggle"> & { event: LogEvent; children: ReactNode };

const Row = memo(function Row({ event, columns, zone, catalog, onToggle, children }: RowProps) {
  return (
    <>
      {/* The button in the first cell is the way for the keyboard; the row only makes its target larger. */}
      {}
      <tr className={children ? "event open" : "event"} onClick={(press) => isPlainPress(press) && onToggle(event.id)}>
        <td className="c-toggle">
          <ToggleButton event={event} open={Boolean(children)} onToggle={onToggle} />
        </td>
        {columns.map((column) => (
          <td key={column.id} className={column.look}>
            {column.cell(event, { zone, catalog })}
          </td>
        ))}
      </tr>
      {children}
    </>
  );
});

/* Not a press on a control of its own, nor the end of selecting text. */
function isPlainPress(press: MouseEvent): boolean {
  return !(press.target as Element).closest("a, button, input") && !getSelection()?.toString();
}

type ToggleProps = { event: LogEvent; open: boolean; onToggle: (id: string) => void };

export function ToggleButton({ event, open, onToggle }: ToggleProps) {
  return (
    <button
      type="button"
      className="toggle"
      aria-expanded={open}
      aria-controls={open ? `details-${event.id}` : undefined}
      aria-label={t("results.details_of", { summary: shownText(event.summary, 200) })}
      onClick={() => onToggle(event.id)}
    >
      <ChevronRight size={16} aria-hidden />
    </button>
  );
}
