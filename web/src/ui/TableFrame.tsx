import type { ReactNode } from "react";

type Props = { label: string; children: ReactNode };

/* A frame that a wide table scrolls in sideways, with the keyboard too. */
export function TableFrame({ label, children }: Props) {
  return (
    // What scrolls must be reachable by the keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="scroll-frame" role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
