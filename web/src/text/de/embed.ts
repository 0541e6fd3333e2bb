import type en from "../en/embed.ts";
import type { Translation } from "../message.ts";

const de: Translation<typeof en> = {
  "embed.alone": "Diese Seite gehört in eine andere",
  "embed.alone.text":
    "Sie zeigt das Protokoll in einem Portal, das ihr ein Token gibt. Um es hier zu lesen, öffnen Sie den Viewer selbst.",
  "embed.waiting": "Warten auf das Portal …",
  "embed.no_answer": "Das Portal gibt keinen Zugang zum Protokoll",
  "embed.no_answer.text":
    "Die Sitzung hier ist zu Ende oder hat nie begonnen, und die umgebende Seite hat kein neues Token übergeben.",
};
export default de;
