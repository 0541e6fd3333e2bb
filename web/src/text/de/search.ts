import type en from "../en/search.ts";
import type { Translation } from "../message.ts";

const de: Translation<typeof en> = {
  "search.title": "Ereignisse",
};
export default de;
