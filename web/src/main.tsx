import { createRoot } from "react-dom/client";
import { App } from "./app/App.tsx";
import { applyTheme, getSettings } from "./state/settings.ts";
import { switchLanguage } from "./text/text.ts";

applyTheme();
await switchLanguage(getSettings().language);
createRoot(document.getElementById("root")!).render(<App />);
