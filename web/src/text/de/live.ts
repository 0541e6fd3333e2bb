import type en from "../en/live.ts";
import type { Translation } from "../message.ts";

const de: Translation<typeof en> = {
  "live.title": "Neue Ereignisse",
  "live.details": "Einzelheiten",
  "live.details_of": "Einzelheiten: {summary}",
  "live.state.connecting": "Verbindung wird aufgebaut …",
  "live.state.live": "Live",
  "live.state.paused": "Angehalten",
  "live.state.waiting": "Die Verbindung ist abgebrochen. Nächster Versuch in {seconds} s; kein Ereignis geht verloren.",
  "live.state.ended": "Beendet",
  "live.pause": "Anhalten",
  "live.resume": "Fortsetzen",
  "live.new": { one: "{number} neues Ereignis", other: "{number} neue Ereignisse" },
  "live.gap": "Unter dem nächsten Ereignis können welche fehlen. Die Suche zeigt alle.",
  "live.empty": "Noch nichts. Neue Ereignisse erscheinen hier, sobald sie gespeichert sind.",
  "live.note":
    "Neueste zuerst, wie sie gespeichert werden, unabhängig vom Zeitraum. Blättern, Öffnen oder Ansteuern einer Zeile hält an. Die neuesten 100.000 bleiben.",
};
export default de;
