/* What a portal puts into its page and its backend to show the viewer. */

/* A value inside a quoted attribute or a JSON text of the snippet. */
function inAttribute(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");
}

export function frameSnippet(viewer: string): string {
  return `<script src="${inAttribute(viewer)}/embed.js" defer></script>
<daybook-viewer src="${inAttribute(viewer)}" token-url="/your/backend/daybook-token"></daybook-viewer>`;
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
