import type en from "../en/embed.ts";
import type { Translation } from "../message.ts";

const de: Translation<typeof en> = {
  "embed.alone": "Diese Seite gehört in eine andere",
  "embed.alone.text":
    "Sie zeigt das Protokoll in einem Portal, das ihr ein Token gibt. Um es hier zu lesen, öffnen Sie den Viewer selbst.",
  "embed.waiting": "Warten auf das Portal …",
};
export default de;
