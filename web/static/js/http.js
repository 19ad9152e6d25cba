// Calls of the JSON API: CSRF header, errors as exceptions with the server's own words.
// @ts-check

/** The page's CSRF token. */
export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
}

/** An error answer: its code, its sentence in the reader's language, and the field at fault. */
class ApiError extends Error {
  /** @param {number} status @param {{code?: string, message?: string, remedy?: string | null, field?: string | null}} error */
  constructor(status, error) {
    super([error.message, error.remedy].filter(Boolean).join(" ") || `HTTP ${status}`);
    this.status = status;
    this.code = error.code ?? "error";
    this.field = error.field ?? null;
  }
}

/**
 * Call the API. Throws `ApiError` for an error answer, `TypeError` where the server does not answer.
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body] sent as JSON
 * @returns {Promise<any>} the JSON answer, or null for 204
 */
export async function api(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: { Accept: "application/json", "X-CSRF-Token": csrfToken(), ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  const value = text ? JSON.parse(text) : null;
  if (!answer.ok) throw new ApiError(answer.status, value?.error ?? {});
  return value;
}
