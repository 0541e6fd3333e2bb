import { t } from "../text/text.ts";
import { announce } from "./announce.tsx";

/* Copies text and says so. A frame of another site may lack the permission; there the older way still works. */
export async function copyText(text: string): Promise<void> {
  announce((await written(text)) ? t("shell.copied") : t("shell.copy_failed"));
}

async function written(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way without the permission
  const copied = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return copied;
}
