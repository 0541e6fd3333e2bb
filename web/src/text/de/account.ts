import type en from "../en/account.ts";
import type { Translation } from "../message.ts";

const de: Translation<typeof en> = {
  "account.log_in": "Anmelden",
  "account.key": "Schlüssel",
  "account.key.help":
    "Ein API-Schlüssel, der lesen darf, oder der Betreiberschlüssel. Er wird vergessen, wenn dieser Tab geschlossen wird.",
  "account.key.wrong": "Kein gültiger Schlüssel.",
};
export default de;
