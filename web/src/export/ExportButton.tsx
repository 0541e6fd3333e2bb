import { Download } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { may, useMe } from "../app/session.tsx";
import { loadTexts, t } from "../text/text.ts";
import type { Question } from "./question.ts";

const ExportDialog = lazy(async () => {
  await loadTexts("export");
  return import("./ExportDialog.tsx");
});

type Props = {
  question: Question;
  /* The filters in words, one each; without them the query is shown as it is. */
  filters?: string[];
};

/* The toolbar's way to a file of what the filters show; nothing for readers who may not export. */
export function ExportButton({ question, filters }: Props) {
  const [open, setOpen] = useState(false);
  if (!may(useMe(), "export")) return null;
  return (
    <>
      <button type="button" className="button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <Download size={16} aria-hidden />
        {t("shell.export")}
      </button>
      {open && (
        <Suspense fallback={null}>
          <ExportDialog question={question} {...(filters ? { filters } : {})} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
