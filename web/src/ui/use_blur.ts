import { useEffect } from "react";

/* Calls `onBlur` when a frame's window loses the focus: a press in the page around the frame is seen in no other way. */
export function useBlur(onBlur: () => void): void {
  useEffect(() => {
    if (window.parent === window) return;
    window.addEventListener("blur", onBlur);
    return () => window.removeEventListener("blur", onBlur);
  }, [onBlur]);
}
