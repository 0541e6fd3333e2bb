/* Says what will leave before it does, then fetches it, and offers nothing that is not whole as if it were. */
import { useEffect, useRef, useState } from "react";
import { api, isAbort } from "../api/client.ts";
import { navigate } from "../app/router.tsx";
import { useSettings } from "../state/settings.ts";
import { formatNumber, zoneLabel } from "../text/format.ts";
import { t } from "../text/text.ts";
import { announce } from "../ui/announce.tsx";
import { CheckField } from "../ui/CheckField.tsx";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { ModalDialog } from "../ui/ModalDialog.tsx";
import { Notice } from "../ui/Notice.tsx";
import { countEvents, download, exportQuery, incompleteName, type Progress, type Result, saveAs } from "./download.ts";
import { ExportFacts } from "./ExportFacts.tsx";
import { ExportProgress } from "./ExportProgress.tsx";
import type { Question } from "./question.ts";
import type { Format } from "./verify.ts";

/* From here on the server prepares the file: a page may be closed, and a browser's memory is finite. */
export const job_from_events = 100_000;

type Phase =
  { name: "ask" } | { name: "running"; progress?: Progress } | { name: "ended"; result: Result } | { name: "queued" };
type Props = { question: Question; filters?: string[]; onClose: () => void };

export default function ExportDialog({ question, filters, onClose }: Props) {
  const { zone } = useSettings();
  const [format, setFormat] = useState<Format>("csv");
  const [bom, setBom] = useState(false);
  const [phase, setPhase] = useState<Phase>({ name: "ask" });
  const [error, setError] = useState<unknown>();
  const { count, countError, recount } = useCount(question, zone);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const as_job = (count ?? 0) >= job_from_events;

  async function run() {
    setError(undefined);
    if (as_job) {
      await api.post("/v1/exports", { ...question, tz: zone, format, order: "newest" });
      setPhase({ name: "queued" });
      return;
    }
    const abort = (running.current = new AbortController());
    setPhase({ name: "running" });
    const query = { ...exportQuery(question, zone, format), ...(format === "csv" && bom ? { bom: 1 } : {}) };
    const result = await download(query, format, abort.signal, (progress) => setPhase({ name: "running", progress }));
    if (result.state === "whole") saveAs(result.blob, result.name);
    setPhase({ name: "ended", result });
  }

  function start() {
    run().catch((reason: unknown) => {
      setPhase({ name: "ask" });
      if (isAbort(reason)) announce(t("export.stopped"));
      else setError(reason);
    });
  }

  const close = (
    <button type="button" className="button" onClick={onClose}>
      {phase.name === "ask" ? t("shell.cancel") : t("shell.close")}
    </button>
  );
  return (
    <ModalDialog
      title={t("export.title")}
      alert={phase.name === "running"}
      onClose={onClose}
      footer={
        <>
          {phase.name === "running" ? (
            <button type="button" className="button" onClick={() => running.current?.abort()}>
              {t("export.stop")}
            </button>
          ) : (
            close
          )}
          {phase.name === "ask" && (
            <button type="button" className="button primary" disabled={count === undefined} onClick={start}>
              {count === undefined ? t("shell.export") : t(as_job ? "export.queue" : "export.start", { count })}
            </button>
          )}
          {phase.name === "queued" && (
            <button type="button" className="button primary" onClick={() => navigate("/exports")}>
              {t("export.to_list")}
            </button>
          )}
        </>
      }
    >
      <ExportFacts question={question} filters={filters} zone={zone} count={count} format={format} />
      {phase.name === "ask" && (
        <>
          <Choice format={format} setFormat={setFormat} bom={bom} setBom={setBom} />
          {as_job && <Notice title={t("export.large")}>{<p>{t("export.large.text")}</p>}</Notice>}
        </>
      )}
      {phase.name === "running" && <ExportProgress progress={phase.progress} />}
      {phase.name === "queued" && <Notice title={t("export.queued")} />}
      {phase.name === "ended" && <Ending result={phase.result} onAgain={start} />}
      {(error ?? countError) !== undefined && (
        <ErrorNotice error={error ?? countError} onRetry={error === undefined ? recount : start} />
      )}
      <p className="muted export-note">{t("export.recorded", { zone: zoneLabel(zone) })}</p>
    </ModalDialog>
  );
}

function useCount(question: Question, zone: string) {
  const [state, setState] = useState<{ count?: number; countError?: unknown }>({});
  const [round, setRound] = useState(0);
  const { q, from, to } = question;
  useEffect(() => {
    const abort = new AbortController();
    setState({});
    countEvents({ q, from, to }, zone, abort.signal).then(
      (count) => setState({ count }),
      (countError: unknown) => {
        if (!isAbort(countError)) setState({ countError });
      },
    );
    return () => abort.abort();
  }, [q, from, to, zone, round]);
  return { ...state, recount: () => setRound((before) => before + 1) };
}

type ChoiceProps = {
  format: Format;
  setFormat: (format: Format) => void;
  bom: boolean;
  setBom: (bom: boolean) => void;
};

function Choice({ format, setFormat, bom, setBom }: ChoiceProps) {
  return (
    <fieldset className="export-choice">
      <legend className="label">{t("export.format")}</legend>
      {(["csv", "ndjson"] as const).map((name) => (
        <label key={name} className="check">
          <input type="radio" name="format" checked={format === name} onChange={() => setFormat(name)} />
          <span>
            {t(`export.format.${name}`)} <span className="muted">{t(`export.format.${name}.text`)}</span>
          </span>
        </label>
      ))}
      {format === "csv" && (
        <CheckField checked={bom} onChange={setBom}>
          {t("export.bom")}
        </CheckField>
      )}
    </fieldset>
  );
}

function Ending({ result, onAgain }: { result: Result; onAgain: () => void }) {
  const { state, events, expected, name, blob } = result;
  if (state === "whole")
    return (
      <Notice title={t("export.done", { count: events })}>
        <p className="mono wrap">{name}</p>
      </Notice>
    );
  return (
    <Notice tone="bad" title={t(`export.${state}`)}>
      <p>{t(`export.${state}.text`, { events: formatNumber(events), expected: formatNumber(expected) })}</p>
      <div className="row">
        <button type="button" className="button" onClick={onAgain}>
          {t("shell.retry")}
        </button>
        <button type="button" className="button" onClick={() => saveAs(blob, incompleteName(name))}>
          {t("export.save_part", { name: incompleteName(name) })}
        </button>
      </div>
    </Notice>
  );
}
