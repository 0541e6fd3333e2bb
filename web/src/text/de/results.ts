import type en from "../en/results.ts";
import type { Translation } from "../message.ts";

const de: Translation<typeof en> = {
  "results.title": "Ereignisse",
};
export default de;
