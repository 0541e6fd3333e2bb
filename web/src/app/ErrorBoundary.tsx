import { Component, type ReactNode } from "react";
import { Notice } from "../ui/Notice.tsx";
import { t } from "../text/text.ts";

type Props = { children: ReactNode };

/* Shows what went wrong in place of a page that threw; `key` it by the page so that going elsewhere helps. */
export class ErrorBoundary extends Component<Props, { error: unknown }> {
  override state = { error: undefined as unknown };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <div className="page">
        <Notice tone="bad" title={t("shell.broken")}>
          <p>{t("shell.broken.text")}</p>
          <pre className="mono wrap">
            {error instanceof Error ? `${error.name}: ${error.message}` : JSON.stringify(error)}
          </pre>
          <button type="button" className="button" onClick={() => location.reload()}>
            {t("shell.reload")}
          </button>
        </Notice>
      </div>
    );
  }
}
