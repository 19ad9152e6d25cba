import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { HubError, call, request } from "../../../web/static/js/common/http.js";

/** @type {{path: string, method: string, headers: Record<string, string>, body?: string}[]} */
const asked = [];

/** The next answer of the hub; an Error is a line that is cut. @param {Response | Error} answer */
function answers(answer) {
  globalThis.fetch = async (path, options) => {
    asked.push({ path, ...options });
    if (answer instanceof Error) throw answer;
    return answer;
  };
}

/** @param {Promise<unknown>} calling */
async function refusal(calling) {
  const error = await calling.then(() => null, (thrown) => thrown);
  assert.ok(error instanceof HubError);
  return { status: error.status, code: error.code, message: error.message, retryAfterS: error.retryAfterS };
}

afterEach(() => asked.splice(0));

test("an order carries the page's token and its body as JSON", async () => {
  answers(Response.json({ called: 3 }));
  assert.deepEqual(await request("POST", "/api/v1/sessions/7/call", { endpoint_id: null }), { called: 3 });
  const [{ method, headers, body }] = asked;
  assert.equal(method, "POST");
  assert.equal(headers["X-CSRF-Token"], "the page's token");
  assert.equal(headers["Content-Type"], "application/json");
  assert.equal(body, '{"endpoint_id":null}');
});

test("an operation's path and query are filled in, safely", async () => {
  answers(Response.json({}));
  await call("PUT", "/api/v1/sessions/{id}/stage/{identity}", { path: { id: 7, identity: "room:1/ä" } });
  answers(Response.json({}));
  await call("GET", "/api/v1/tablet/sessions", { query: { endpoint: undefined } });
  answers(Response.json({}));
  await call("GET", "/api/v1/endpoints", { query: { search: "a&b", page: 2 } });
  assert.deepEqual(asked.map(({ path }) => path), ["/api/v1/sessions/7/stage/room%3A1%2F%C3%A4", "/api/v1/tablet/sessions", "/api/v1/endpoints?search=a%26b&page=2"]);
});

test("a question has no body, an order without wishes an empty one", async () => {
  answers(Response.json([]));
  await request("GET", "/api/v1/time");
  answers(Response.json([]));
  await request("DELETE", "/api/v1/sessions/7/hand");
  assert.deepEqual(asked.map(({ body }) => body), [undefined, "{}"]);
});

test("an answer without a body is null", async () => {
  answers(new Response(null, { status: 204 }));
  assert.equal(await request("POST", "/api/v1/sessions/7/start"), null);
});

test("what the hub refuses is told in its words, with its remedy, its code, and when to come back", async () => {
  const error = { code: "busy", message: "Hệ thống đang bận.", remedy: "Thử lại sau." };
  answers(Response.json({ error }, { status: 503, headers: { "Retry-After": "7" } }));
  assert.deepEqual(await refusal(request("GET", "/api/v1/time")), { status: 503, code: "busy", message: "Hệ thống đang bận. Thử lại sau.", retryAfterS: 7 });
});

test("a proxy's page is an error without words; its date for coming back is none", async () => {
  answers(new Response("<h1>Bad gateway</h1>", { status: 502, headers: { "Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT" } }));
  assert.deepEqual(await refusal(request("GET", "/api/v1/time")), { status: 502, code: "error", message: "", retryAfterS: 0 });
});

test("a hub that does not answer is status 0", async () => {
  answers(new TypeError("Failed to fetch"));
  assert.deepEqual(await refusal(request("GET", "/api/v1/time")), { status: 0, code: "unreachable", message: "", retryAfterS: 0 });
});
