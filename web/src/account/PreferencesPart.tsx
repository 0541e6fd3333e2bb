import { useMe } from "../app/session.tsx";
import ZonePicker from "../app/ZonePicker.tsx";
import { keepsPreferences } from "../state/preferences.ts";
import { changeSettings, type Theme, useSettings } from "../state/settings.ts";
import { zoneLabel } from "../text/format.ts";
import { languages, t } from "../text/text.ts";
import { PopupButton } from "../ui/PopupButton.tsx";
import { Part } from "./parts.tsx";

const themes: readonly Theme[] = ["system", "light", "dark"];
const names = { en: "English", de: "Deutsch" };

/* Theme, language and zone. app/ sends what changes to the account. */
export function PreferencesPart() {
  const me = useMe();
  const settings = useSettings();
  return (
    <Part title={t("account.preferences")}>
      <p className="muted">{keepsPreferences(me) ? t("account.preferences.kept") : t("account.preferences.local")}</p>
      <div className="preferences">
        <Choices
          label={t("shell.theme")}
          name="theme-choice"
          choices={themes.map((theme) => ({ id: theme, text: t(`shell.theme.${theme}`) }))}
          chosen={settings.theme}
          onChoose={(theme) => changeSettings({ theme })}
        />
        <Choices
          label={t("shell.language")}
          name="language-choice"
          choices={languages.map((language) => ({ id: language, text: names[language], lang: language }))}
          chosen={settings.language}
          onChoose={(language) => changeSettings({ language })}
        />
        <div className="field">
          <span className="label">{t("shell.zone")}</span>
          <PopupButton
            label={t("shell.zone.change", { zone: zoneLabel(settings.zone) })}
            popup={(close) => (
              <ZonePicker
                chosen={settings.zone}
                onChoose={(zone) => {
                  changeSettings({ zone });
                  close();
                }}
              />
            )}
          >
            {zoneLabel(settings.zone)}
          </PopupButton>
        </div>
      </div>
    </Part>
  );
}

type ChoicesProps<Id extends string> = {
  label: string;
  name: string;
  choices: readonly { id: Id; text: string; lang?: string }[];
  chosen: Id;
  onChoose: (id: Id) => void;
};

function Choices<Id extends string>({ label, name, choices, chosen, onChoose }: ChoicesProps<Id>) {
  return (
    <fieldset className="field plain-fieldset">
      <legend className="label">{label}</legend>
      <div className="segments">
        {choices.map((choice) => (
          <label key={choice.id} className="segment" lang={choice.lang}>
            <input type="radio" name={name} checked={chosen === choice.id} onChange={() => onChoose(choice.id)} />
            {choice.text}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
