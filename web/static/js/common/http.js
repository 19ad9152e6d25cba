// Calls to the hub's JSON API: CSRF token along, errors as one kind of exception, no retry in secret.

/** @typedef {import("confhub/api").Method} Method */

/** The page's CSRF token. */
export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
}

/** What the hub refused, in the reader's language. `code` is stable; status 0 means that it was not reached. */
export class HubError extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} message
   * @param {number} [retryAfterS]
   */
  constructor(status, code, message, retryAfterS = 0) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterS = retryAfterS;
  }
}

const TIMEOUT_MS = 10_000;

/**
 * One call of the API: `call("PUT", "/api/v1/sessions/{id}/chair", { path: { id }, body: { endpoint_id } })`. Paths,
 * parameters and answers are those of its OpenAPI document. Throws as `request` does.
 * @template {Method} M
 * @template {import("confhub/api").PathOf<M>} P
 * @param {M} method
 * @param {P} path
 * @param {import("confhub/api").Wish<M, P>} wish
 * @returns {Promise<import("confhub/api").Answer<M, P>>}
 */
export function call(method, path, wish) {
  const { path: places, query, body } = /** @type {Record<"path" | "query", Record<string, any>> & {body: unknown}} */ (wish);
  const address = path.replace(/\{(\w+)\}/g, (_whole, name) => encodeURIComponent(places[name]));
  const asked = new URLSearchParams(Object.entries(query ?? {}).filter(([, value]) => value !== undefined));
  return request(method, asked.size ? `${address}?${asked}` : address, body);
}

/**
 * One call of an address that the page was given. Throws HubError for every answer that is not 2xx, and for none.
 * @param {Method} method
 * @param {string} address
 * @param {unknown} [body] sent as JSON
 * @returns {Promise<any>} the answer's JSON, null where it has no body
 */
export async function request(method, address, body) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", "X-CSRF-Token": csrfToken() };
  if (method !== "GET") headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(address, {
      method,
      headers,
      body: method === "GET" ? undefined : JSON.stringify(body ?? {}),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: "error",
    });
  } catch {
    throw new HubError(0, "unreachable", "");
  }
  const text = await answer.text().catch(() => "");
  /** @type {any} */
  let content = null;
  try {
    content = text ? JSON.parse(text) : null;
  } catch {
    content = null; // an HTML page of some proxy: its status says enough
  }
  if (answer.ok) return content;
  const error = content?.error ?? {};
  const sentence = [error.message, error.remedy].filter(Boolean).join(" ");
  const after = Number(answer.headers.get("Retry-After") ?? 0);
  throw new HubError(answer.status, error.code ?? "error", sentence, Number.isFinite(after) ? after : 0);
}
