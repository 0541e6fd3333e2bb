import type { ReactNode } from "react";

type Props = { busy: boolean; children: ReactNode; className?: string; disabled?: boolean };

/* The button that sends a form. While it works it keeps the focus; a press meanwhile does nothing (useSubmit sees to that). */
export function SubmitButton({ busy, children, className = "button primary", disabled }: Props) {
  return (
    <button type="submit" className={className} aria-disabled={busy || undefined} disabled={disabled}>
      {children}
    </button>
  );
}
