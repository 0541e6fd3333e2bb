import { Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

type Props = { title: string; tone?: "bad" | "info"; children?: ReactNode };

/* A box that says something about the whole page or part: an error (announced at once), an empty list. */
export function Notice({ title, tone = "info", children }: Props) {
  const Icon = tone === "bad" ? TriangleAlert : Info;
  return (
    <div className={`notice ${tone}`} role={tone === "bad" ? "alert" : undefined}>
      <Icon size={18} aria-hidden className="notice-icon" />
      <div className="notice-body">
        <p className="notice-title">{title}</p>
        {children}
      </div>
    </div>
  );
}
