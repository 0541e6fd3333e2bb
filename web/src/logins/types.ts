/* GET /v1/logins. A text that was not captured is empty. */
export type Login = {
  id: string;
  tenant: string;
  at: string;
  actor: { name: string; display_name: string; email: string; domain: string };
  outcome: string;
  reason: string;
  method: string;
  address: string;
  user_agent: string;
  session: string;
  geo: { country: string; region: string; city: string };
  state: "failed" | "ended" | "open";
  duration_s: number | null;
  logout_at: string | null;
  logout_id: string | null;
  last_failed_at: string | null;
  failures_since_success: number;
};
export type LoginPage = { logins: Login[]; next: string | null; damages?: number };
