import { Columns3 } from "lucide-react";
import { type ComponentProps, lazy } from "react";
import { t } from "../text/text.ts";
import { PopupButton } from "../ui/PopupButton.tsx";
import type Popup from "./ColumnsPopup.tsx";

const ColumnsPopup = lazy(async () => ({ default: (await import("../popups.ts")).ColumnsPopup }));

/* `popup`: what the popup shows, asked for when it opens. */
export function ColumnsButton({ popup }: { popup: () => ComponentProps<typeof Popup> }) {
  return (
    <PopupButton named label={t("results.columns")} popup={() => <ColumnsPopup {...popup()} />}>
      <Columns3 size={16} aria-hidden />
      {t("results.columns")}
    </PopupButton>
  );
}
