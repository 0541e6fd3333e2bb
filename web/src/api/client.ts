/* Requests to the server that served the page. Failures are ApiErrors that say what the server said; a 401 ends the session. */

export type Problem = {
  title?: string;
  detail?: string;
  errors?: { pointer: string; detail: string }[];
  position?: number;
  request_id?: string;
};

export class ApiError extends Error {
  /* status 0: no answer came. */
  constructor(
    readonly status: number,
    readonly problem: Problem,
    readonly retry_after_s?: number,
  ) {
    super(problem.detail ?? problem.title ?? "");
    this.name = "ApiError";
  }
}

export type Query = Record<string, string | number | boolean | undefined>;
type Options = {
  query?: Query | undefined;
  body?: unknown;
  signal?: AbortSignal | undefined;
  headers?: Record<string, string>;
};

const key_name = "daybook.key";
let bearer: string | null = null;
let csrf = "";
let on_unauthorized: () => void = () => undefined;

/* Storage throws where a browser forbids it, as in a cross-site frame. */
export function stored<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

/* Sends an API key or a viewer token as Bearer from now on; null: the session's cookie. A key kept "for the tab" is forgotten when it closes. */
export function setBearer(token: string | null, keep = false): void {
  bearer = token;
  stored(() => {
    if (token && keep) sessionStorage.setItem(key_name, token);
    else sessionStorage.removeItem(key_name);
  });
}

export function hasBearer(): boolean {
  return currentBearer() !== null;
}

function currentBearer(): string | null {
  bearer ??= stored(() => sessionStorage.getItem(key_name)) ?? null;
  return bearer;
}

/* The text that proves to the server that this page, and no other site, sends a change. */
export function setCsrf(text: string): void {
  csrf = text;
}

export function onUnauthorized(handler: () => void): void {
  on_unauthorized = handler;
}

export function url(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== "") params.set(name, String(value));
  const text = params.toString();
  return text ? `${path}?${text}` : path;
}

/* The raw answer, whatever its status below 400: for streams and files. */
export async function send(method: string, path: string, options: Options = {}): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", ...options.headers };
  const token = currentBearer();
  if (token) headers.Authorization = `Bearer ${token}`;
  else if (method !== "GET" && method !== "HEAD") headers["X-Daybook-CSRF"] = csrf;
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  const body = options.body === undefined ? null : JSON.stringify(options.body);
  let response: Response;
  try {
    response = await fetch(url(path, options.query), {
      method,
      headers,
      body,
      signal: options.signal ?? null,
      credentials: token ? "omit" : "same-origin",
      cache: "no-store",
    });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError(0, {});
  }
  if (response.ok) return response;
  const problem = await readProblem(response);
  if (response.status === 401) on_unauthorized();
  throw new ApiError(response.status, problem, Number(response.headers.get("Retry-After")) || undefined);
}

async function readProblem(response: Response): Promise<Problem> {
  try {
    return (await response.json()) as Problem;
  } catch {
    return { title: response.statusText };
  }
}

async function request<T>(method: string, path: string, options: Options): Promise<T> {
  const response = await send(method, path, options);
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) => request<T>("GET", path, { query, signal }),
  post: <T = void>(path: string, body: unknown = {}) => request<T>("POST", path, { body }),
  put: <T = void>(path: string, body: unknown) => request<T>("PUT", path, { body }),
  delete: <T = void>(path: string, body?: unknown) => request<T>("DELETE", path, { body }),
};

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
