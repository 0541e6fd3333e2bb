import { lazy, type ReactNode, Suspense, useRef, useState } from "react";

const loadPopups = () => import("../popups.ts");
const Popup = lazy(async () => ({ default: (await loadPopups()).Popup }));

export type PopupProps = {
  /* Names the popup, and the button where that shows only an icon. */
  label: string;
  className?: string;
  popup: (close: () => void) => ReactNode;
  children: ReactNode;
  /* Whether the children already name the button. */
  named?: boolean;
  disabled?: boolean;
};

/* A button that opens a popup. The popup's code (React Aria's overlays) is loaded when the pointer or the focus comes near. */
export function PopupButton({ label, className = "button", popup, children, named, disabled }: PopupProps) {
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const warm = () => void loadPopups();
  return (
    <>
      <button
        ref={button}
        type="button"
        className={className}
        aria-haspopup="dialog"
        aria-expanded={open}
        {...(named ? {} : { "aria-label": label, title: label })}
        disabled={disabled}
        onClick={() => setOpen(true)}
        onPointerEnter={warm}
        onFocus={warm}
      >
        {children}
      </button>
      {open && (
        <Suspense fallback={null}>
          <Popup trigger={button} label={label} onClose={() => setOpen(false)}>
            {popup(() => setOpen(false))}
          </Popup>
        </Suspense>
      )}
    </>
  );
}
