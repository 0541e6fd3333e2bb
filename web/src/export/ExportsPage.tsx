/* The exports that the server prepared or prepares for this reader: their state, their files. */
import { Ban, CircleCheck, CircleX, Download, Hourglass, LoaderCircle, Trash2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { api, hasBearer, isAbort } from "../api/client.ts";
import { useRequest } from "../api/use_request.ts";
import { useTitle } from "../app/title.tsx";
import { useZone } from "../state/zone.ts";
import { formatDateTime, formatNumber, zoneLabel } from "../text/format.ts";
import { t } from "../text/text.ts";
import { announce } from "../ui/announce.tsx";
import { ConfirmDialog } from "../ui/ConfirmDialog.tsx";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { Notice } from "../ui/Notice.tsx";
import { TableFrame } from "../ui/TableFrame.tsx";
import { formatBytes } from "./bytes.ts";
import { downloadFile, saveAs } from "./download.ts";

type State = "queued" | "running" | "done" | "failed" | "cancelled";
export type Job = {
  id: string;
  state: State;
  events: number;
  expected: number;
  bytes: number;
  created_at: string;
  expires_at: string;
  file: string;
  reason?: string | null;
};

const poll_ms = 1000;
const pending = (job: Job) => job.state === "queued" || job.state === "running";
const pathOf = (job: Job) => `/v1/exports/${encodeURIComponent(job.id)}`;

export default function ExportsPage() {
  const zone = useZone();
  useTitle(t("export.list"));
  const { data, error, reload } = useRequest<{ exports: Job[] }>("/v1/exports");
  const waiting = data?.exports.some(pending) ?? false;
  useEffect(() => {
    if (!waiting) return;
    const timer = setTimeout(reload, poll_ms);
    return () => clearTimeout(timer);
  }, [waiting, data, reload]);
  return (
    <div className="page">
      <h1>{t("export.list")}</h1>
      <p className="muted">{t("export.list.text")}</p>
      {error !== undefined && <ErrorNotice error={error} onRetry={reload} />}
      {data?.exports.length === 0 && (
        <Notice title={t("export.list.empty")}>
          <p>{t("export.list.empty.text")}</p>
        </Notice>
      )}
      {data && data.exports.length > 0 && (
        <TableFrame label={t("export.list")}>
          <table className="table cards-below">
            <thead>
              <tr>
                <th scope="col">{t("export.file")}</th>
                <th scope="col">{t("export.state")}</th>
                <th scope="col" className="number">
                  {t("export.events")}
                </th>
                <th scope="col" className="number">
                  {t("export.size")}
                </th>
                <th scope="col">{t("export.created", { zone: zoneLabel(zone) })}</th>
                <th scope="col">{t("export.kept")}</th>
                <th scope="col">
                  <span className="visually-hidden">{t("shell.more")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {data.exports.map((job) => (
                <JobRow key={job.id} job={job} zone={zone} onChange={reload} />
              ))}
            </tbody>
          </table>
        </TableFrame>
      )}
    </div>
  );
}

const look = {
  queued: { Icon: Hourglass, color: "grey" },
  running: { Icon: LoaderCircle, color: "blue" },
  done: { Icon: CircleCheck, color: "green" },
  failed: { Icon: CircleX, color: "red" },
  cancelled: { Icon: Ban, color: "grey" },
} as const;

type RowProps = { job: Job; zone: string; onChange: () => void };

function JobRow({ job, zone, onChange }: RowProps) {
  const [asking, setAsking] = useState(false);
  const { Icon, color } = look[job.state];
  return (
    <tr>
      <td className="mono wrap">
        <bdi>{job.file}</bdi>
      </td>
      <td data-label={t("export.state")}>
        <span className={`pill ${color}`}>
          <Icon size={14} aria-hidden />
          {t(`export.state.${job.state}`)}
        </span>
        {job.state === "running" && (
          <progress
            className="progress"
            aria-label={t("export.progress")}
            max={Math.max(1, job.expected)}
            value={job.events}
          />
        )}
        {job.reason && <p className="muted">{job.reason}</p>}
      </td>
      <td className="number" data-label={t("export.events")}>
        {job.state === "running"
          ? `${formatNumber(job.events)} / ${formatNumber(job.expected)}`
          : formatNumber(job.state === "done" ? job.events : job.expected)}
      </td>
      <td className="number" data-label={t("export.size")}>
        {job.bytes > 0 ? formatBytes(job.bytes) : t("shell.none")}
      </td>
      <td data-label={t("export.created", { zone: zoneLabel(zone) })}>{formatDateTime(job.created_at, zone)}</td>
      <td data-label={t("export.kept")}>{formatDateTime(job.expires_at, zone)}</td>
      <td>
        <div className="row nowrap">
          {job.state === "done" && <FetchButton job={job} />}
          {pending(job) ? (
            <button
              type="button"
              className="button"
              onClick={() => {
                api.delete(pathOf(job)).then(onChange, (reason: unknown) => announce(String(reason)));
              }}
            >
              {t("shell.cancel")}
            </button>
          ) : (
            <button
              type="button"
              className="button quiet icon-only"
              aria-label={t("export.delete", { file: job.file })}
              title={t("shell.delete")}
              onClick={() => setAsking(true)}
            >
              <Trash2 size={16} aria-hidden />
            </button>
          )}
          {asking && (
            <ConfirmDialog
              title={t("export.delete.title")}
              action={t("shell.delete")}
              onConfirm={async () => {
                await api.delete(pathOf(job));
                onChange();
              }}
              onClose={() => setAsking(false)}
            >
              <p className="mono wrap">{job.file}</p>
            </ConfirmDialog>
          )}
        </div>
      </td>
    </tr>
  );
}

/* With the session's cookie the browser's own download takes the file, and resumes it; with a key the page does. */
function FetchButton({ job }: { job: Job }) {
  const [bytes, setBytes] = useState<number>();
  const [error, setError] = useState<unknown>();
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const label = t("export.fetch", { file: job.file });
  const icon = <Download size={16} aria-hidden />;
  if (!hasBearer())
    return (
      <a className="button" href={`${pathOf(job)}/file`} download={job.file} aria-label={label}>
        {icon}
        {t("export.download")}
      </a>
    );
  async function fetchFile() {
    setError(undefined);
    setBytes(0);
    running.current = new AbortController();
    try {
      saveAs(await downloadFile(`${pathOf(job)}/file`, job.bytes, running.current.signal, setBytes), job.file);
    } catch (reason) {
      if (!isAbort(reason)) setError(reason);
    }
    setBytes(undefined);
  }
  if (bytes !== undefined)
    return (
      <>
        <progress className="progress" aria-label={t("export.progress")} max={Math.max(1, job.bytes)} value={bytes} />
        <button type="button" className="button" onClick={() => running.current?.abort()}>
          {t("export.stop")}
        </button>
      </>
    );
  return (
    <>
      <button type="button" className="button" aria-label={label} onClick={() => void fetchFile()}>
        {icon}
        {t("export.download")}
      </button>
      {error !== undefined && <ErrorNotice error={error} />}
    </>
  );
}
