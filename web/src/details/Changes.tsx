import { useMemo, useState } from "react";
import type { Change, Json } from "../api/types.ts";
import { t } from "../text/text.ts";
import { diffChange, type ElementDiff, type FieldDiff } from "./diff.ts";
import { JsonValue } from "./JsonValue.tsx";
import { Shown } from "./Shown.tsx";
import { type DrawnRun, shortenRuns, type WordRun } from "./words.ts";

const most_elements = 100;

/* The sign is text, so that colour is not alone; del and ins carry the meaning for those who cannot see either. */
function Before({ value }: { value: Json | undefined }) {
  if (value === undefined) return <JsonValue value={value} />;
  return (
    <del>
      <span className="diff-sign">−</span>
      <JsonValue value={value} />
    </del>
  );
}

function After({ value }: { value: Json | undefined }) {
  if (value === undefined) return <JsonValue value={value} />;
  return (
    <ins>
      <span className="diff-sign">+</span>
      <JsonValue value={value} />
    </ins>
  );
}

function isCut(run: DrawnRun): run is DrawnRun & { cut: number } {
  return run.cut !== undefined;
}

function Words({ words, all }: { words: readonly WordRun[]; all: boolean }) {
  const runs: readonly DrawnRun[] = all ? words : shortenRuns(words);
  return (
    <div className="diff-words">
      {runs.map((run, i) => {
        if (isCut(run)) {
          const title = t("details.change.cut", { count: run.cut });
          return (
            <span key={i} className="diff-cut" title={title}>
              {" … "}
            </span>
          );
        }
        const text = <Shown text={run.text} max={Infinity} />;
        if (run.kind === "removed") return <del key={i}>{text}</del>;
        if (run.kind === "added") return <ins key={i}>{text}</ins>;
        return <span key={i}>{text}</span>;
      })}
    </div>
  );
}

function ElementValue({ element, all }: { element: ElementDiff; all: boolean }) {
  if (element.words) return <Words words={element.words} all={all} />;
  switch (element.kind) {
    case "removed":
      return <Before value={element.old} />;
    case "added":
      return <After value={element.new} />;
    case "changed":
      return (
        <span className="diff-pair">
          <Before value={element.old} />
          <After value={element.new} />
        </span>
      );
    case "moved":
      return (
        <span>
          <JsonValue value={element.new} />{" "}
          <span className="muted">{t("details.change.moved", { from: element.from ?? "" })}</span>
        </span>
      );
    case "same":
      return <JsonValue value={element.new} />;
  }
}

function Elements({ elements, all }: { elements: readonly ElementDiff[]; all: boolean }) {
  const wanted = all ? elements : elements.filter((element) => element.kind !== "same").slice(0, most_elements);
  return (
    <ul className="diff-elements">
      {wanted.map((element, i) => (
        <li key={i} className={element.kind === "same" ? "muted" : undefined}>
          <span className="diff-path mono">
            <Shown text={element.path} />
          </span>
          <ElementValue element={element} all={all} />
        </li>
      ))}
    </ul>
  );
}

function ChangeCells({ diff, all }: { diff: FieldDiff; all: boolean }) {
  if (diff.form === "scalar")
    return (
      <>
        <td data-label={t("details.change.before")}>
          <Before value={diff.old} />
        </td>
        <td data-label={t("details.change.after")}>
          <After value={diff.new} />
        </td>
      </>
    );
  return (
    <td colSpan={2}>
      {diff.form === "text" ? <Words words={diff.words} all={all} /> : <Elements elements={diff.elements} all={all} />}
    </td>
  );
}

function hiddenIn(diff: FieldDiff): number {
  if (diff.unchanged) return 1;
  if (diff.form === "elements") return hiddenElements(diff.elements);
  return diff.form === "text" ? shortenRuns(diff.words).filter((run) => run.cut).length : 0;
}

function hiddenElements(elements: readonly ElementDiff[]): number {
  const same = elements.filter((element) => element.kind === "same").length;
  return same + Math.max(0, elements.length - same - most_elements);
}

/* What changed, field by field. What stayed the same is counted and shown on demand. */
export function Changes({ changes }: { changes: readonly Change[] }) {
  const [all, setAll] = useState(false);
  const diffs = useMemo(() => changes.map(diffChange), [changes]);
  const hidden = diffs.reduce((sum, diff) => sum + hiddenIn(diff), 0);
  const shown = all ? diffs : diffs.filter((diff) => !diff.unchanged);
  return (
    <>
      {shown.length > 0 && (
        <table className="changes">
          <thead>
            <tr>
              <th scope="col">{t("details.change.field")}</th>
              <th scope="col">{t("details.change.before")}</th>
              <th scope="col">{t("details.change.after")}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((diff, i) => (
              <tr key={i} className={diff.unchanged ? "unchanged" : undefined}>
                <th scope="row">
                  <Shown text={diff.field} max={200} />
                </th>
                <ChangeCells diff={diff} all={all} />
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {hidden > 0 && (
        <button type="button" className="link-button" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? t("details.change.only_changes") : t("details.change.show_all", { count: hidden })}
        </button>
      )}
    </>
  );
}
