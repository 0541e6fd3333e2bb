import { useEffect, useState } from "react";

/* `text` once it has not changed for a moment: for requests while somebody types. */
export function useDelayed(text: string, delay_ms = 150): string {
  const [delayed, setDelayed] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setDelayed(text), delay_ms);
    return () => clearTimeout(timer);
  }, [text, delay_ms]);
  return delayed;
}
