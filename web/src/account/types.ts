/* What the addresses of log-in and account answer (docs/api.md). */

export type LogInOptions = { oidc: { id: string; name: string }[]; setup: boolean };
export type Factor = "totp" | "email";
/* 201 has csrf; 202 asks for a second factor. */
export type LogInAnswer = { csrf?: string; expires_at?: string; session?: string; factor?: Factor; challenge?: string };
export type SetupCheck = { purpose: "setup" | "invite" | "reset"; login: string };
export type OwnSession = {
  id: string;
  created_at: string;
  last_seen_at: string;
  expires_at: string;
  address: string;
  user_agent: string;
  current?: boolean;
};
export type TotpStart = { secret: string; uri: string; qr: string[] };
export type RecoveryCodes = { recovery_codes: string[] };
