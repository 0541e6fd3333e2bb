import {
  Activity,
  Ban,
  BadgeCheck,
  Download,
  Eye,
  FolderInput,
  KeyRound,
  LogIn,
  LogOut,
  type LucideIcon,
  Pencil,
  Plus,
  Power,
  RotateCw,
  Send,
  Trash2,
  TriangleAlert,
  Upload,
  X,
} from "lucide-react";
import { type Catalog, entryOf, labelOf } from "../api/catalog.ts";
import type { LogEvent } from "../api/types.ts";
import { t } from "../text/text.ts";
import { Value } from "../ui/Value.tsx";

const icons: Record<string, LucideIcon> = {
  login: LogIn,
  logout: LogOut,
  create: Plus,
  update: Pencil,
  delete: Trash2,
  read: Eye,
  export: Download,
  import: Upload,
  load: FolderInput,
  activate: Power,
  restart: RotateCw,
  validate: BadgeCheck,
  mfa: KeyRound,
  warn: TriangleAlert,
  send: Send,
};

/* Of a log-in only a wrong password is red; other failures keep the colour of their action and say in words that they failed. */
export function actionColor(event: LogEvent, catalog: Catalog | undefined): string {
  if (event.action === "login" && event.outcome === "failure" && event.reason === "bad_password") return "red";
  return entryOf(catalog?.actions, event.action)?.color ?? "grey";
}

type Props = { event: LogEvent; catalog: Catalog | undefined; text?: string | undefined };

/* What was done, as a tinted pill with icon and word; a failure says so in words beside it. */
export function ActionPill({ event, catalog, text }: Props) {
  const Icon = icons[event.action] ?? Activity;
  return (
    <span className="action">
      <span className={`pill ${actionColor(event, catalog)}`}>
        <Icon size={12} aria-hidden />
        <Value text={text || labelOf(catalog?.actions, event.action)} />
      </span>
      <Failure outcome={event.outcome} />
    </span>
  );
}

export function Failure({ outcome }: { outcome: string | undefined }) {
  if (!outcome || outcome === "success") return null;
  const Icon = outcome === "denied" ? Ban : X;
  const text =
    outcome === "denied" ? t("results.denied") : outcome === "failure" ? t("results.failed") : t("results.unknown");
  return (
    <span className="failure">
      <Icon size={12} strokeWidth={3} aria-hidden />
      {text}
    </span>
  );
}
