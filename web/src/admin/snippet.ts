/* What a portal puts into its page and its backend to show the viewer. */

/* A value inside a quoted attribute or a JSON text of the snippet. */
function inAttribute(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");
}

/* The portal's page; /audit-token is an address of the portal that asks Daybook for a token as requestSnippet does. */
export function frameSnippet(viewer: string): string {
  return `<div id="audit-log" style="height: 80vh"></div>
<script src="${inAttribute(viewer)}/embed.js"></script>
<script>
  Daybook.embed(document.querySelector("#audit-log"), {
    getToken: () => fetch("/audit-token", { method: "POST" }).then((answer) => answer.text()),
  });
</script>`;
}

export type TokenRequest = {
  tenant: string;
  role: "viewer" | "auditor";
  user: { name: string; display_name?: string };
  origin: string;
  minutes: number;
};

/* The request of the portal's backend, for a shell; its key stays there. */
export function requestSnippet(viewer: string, request: TokenRequest): string {
  const body = JSON.stringify(request, null, 2).replace(/'/g, "'\\''");
  return `curl -sS '${viewer.replace(/'/g, "'\\''")}/v1/viewer-tokens' \\
  -H "Authorization: Bearer $DAYBOOK_KEY" -H 'Content-Type: application/json' \\
  -d '${body}'`;
}
