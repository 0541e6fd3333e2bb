/* The viewer inside another site's page: the token comes by message, everything else stays in memory. */
import { createRoot } from "react-dom/client";
import { keepAddressesIn } from "../app/router.tsx";
import { applyTheme, getSettings } from "../state/settings.ts";
import { loadTexts, switchLanguage } from "../text/text.ts";
import { EmbedApp } from "./EmbedApp.tsx";
import { listen, say } from "./portal.ts";

let address = "/search";
keepAddressesIn({
  read: () => address,
  write(next) {
    address = next;
    say({ type: "daybook:address", address });
  },
});
applyTheme();
await switchLanguage(getSettings().language);
await loadTexts("embed");
createRoot(document.getElementById("root")!).render(<EmbedApp />);
listen();
