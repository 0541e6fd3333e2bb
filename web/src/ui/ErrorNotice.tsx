import { ApiError } from "../api/client.ts";
import { t } from "../text/text.ts";
import { Notice } from "./Notice.tsx";

/* What an error means for the reader: the server's own words where it gave some. */
export function errorText(error: unknown): string {
  if (error instanceof ApiError) {
    if (error.status === 0) return t("shell.unreachable");
    if (error.status === 403) return error.problem.detail ?? t("shell.forbidden");
    return error.message;
  }
  return error instanceof Error ? error.message : JSON.stringify(error);
}

type Props = { error: unknown; onRetry?: () => void };

export function ErrorNotice({ error, onRetry }: Props) {
  const id = error instanceof ApiError ? error.problem.request_id : undefined;
  return (
    <Notice tone="bad" title={errorText(error)}>
      {id && <p className="muted">{t("shell.request", { id })}</p>}
      {onRetry && (
        <button type="button" className="button" onClick={onRetry}>
          {t("shell.retry")}
        </button>
      )}
    </Notice>
  );
}
