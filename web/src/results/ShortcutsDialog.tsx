import { changeSettings, useSettings } from "../state/settings.ts";
import type { PlainKey } from "../text/catalogue.ts";
import { t } from "../text/text.ts";
import { CheckField } from "../ui/CheckField.tsx";
import { ModalDialog } from "../ui/ModalDialog.tsx";

const rows: readonly [string[], PlainKey][] = [
  [["/"], "results.shortcuts.search"],
  [["j"], "results.shortcuts.down"],
  [["k"], "results.shortcuts.up"],
  [["Enter"], "results.shortcuts.open"],
  [["c"], "results.shortcuts.link"],
  [["t"], "results.shortcuts.time"],
  [["u"], "results.shortcuts.utc"],
  [["l"], "results.shortcuts.live"],
  [["r"], "results.shortcuts.refresh"],
  [["[", "]"], "results.shortcuts.pages"],
  [["?"], "results.shortcuts.help"],
];

export default function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const { shortcuts } = useSettings();
  return (
    <ModalDialog title={t("results.shortcuts")} onClose={onClose}>
      <dl className="shortcuts">
        {rows.map(([keys, text]) => (
          <div key={text}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{t(text)}</dd>
          </div>
        ))}
      </dl>
      <CheckField checked={shortcuts} onChange={(on) => changeSettings({ shortcuts: on })}>
        {t("results.shortcuts.on")}
      </CheckField>
    </ModalDialog>
  );
}
