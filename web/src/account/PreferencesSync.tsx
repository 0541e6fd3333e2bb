import { useEffect } from "react";
import type { Me } from "../api/types.ts";
import { adoptPreferences, changePreferences, keepsPreferences } from "../state/preferences.ts";
import { changeSettings, getSettings, isZone, onSettings } from "../state/settings.ts";

/* Makes this browser look as the account wants it, and tells the account what is changed here. Draws nothing. */
export default function PreferencesSync({ me }: { me: Me }) {
  useEffect(() => {
    if (!keepsPreferences(me)) return;
    adoptPreferences(me);
    const { theme, language, zone } = me.preferences ?? {};
    const change = {
      ...(theme && { theme }),
      ...(language && { language }),
      ...(zone && isZone(zone) && { zone }),
    };
    if (Object.entries(change).some(([name, value]) => getSettings()[name as keyof typeof change] !== value))
      changeSettings(change);
    let sent = wanted();
    return onSettings(() => {
      const now = wanted();
      if (JSON.stringify(now) === JSON.stringify(sent)) return;
      sent = now;
      // What could not be kept is still in this browser.
      void changePreferences(now).catch(() => undefined);
    });
  }, [me]);
  return null;
}

function wanted() {
  const { theme, language, zone } = getSettings();
  return { theme, language, zone };
}
