import { type ReactNode, type SyntheticEvent, useId } from "react";
import { t } from "../text/text.ts";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { ModalDialog } from "../ui/ModalDialog.tsx";

type Props = {
  title: string;
  action: string;
  form: { busy: boolean; dirty: boolean; error: unknown; submit: (event: SyntheticEvent) => void };
  ready?: boolean;
  wide?: boolean;
  onClose: () => void;
  children: ReactNode;
};

/* A form in a dialog. What was typed is not lost by a press beside it. */
export function FormDialog({ title, action, form, ready = true, wide, onClose, children }: Props) {
  const id = useId();
  return (
    <ModalDialog
      title={title}
      alert={form.dirty}
      wide={wide}
      onClose={onClose}
      footer={
        <>
          <button type="button" className="button" onClick={onClose}>
            {t("shell.cancel")}
          </button>
          <button
            type="submit"
            form={id}
            className="button primary"
            aria-disabled={form.busy || undefined}
            disabled={!ready}
          >
            {action}
          </button>
        </>
      }
    >
      <form id={id} className="stack" onSubmit={form.submit}>
        {form.error !== undefined && <ErrorNotice error={form.error} />}
        {children}
      </form>
    </ModalDialog>
  );
}
