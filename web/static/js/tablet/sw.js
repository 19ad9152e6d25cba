// The tablet's service worker: its pages and their files, fresh when the hub answers, kept when it does not.
// The API is never kept here: what people did lies in the page's own database.

const KEPT = "confhub-tablet-1";
const PATIENCE_MS = 4_000;
/** After one request that nobody answered, the next ones do not wait again. */
const AWAY_MS = 10_000;
let awayUntil = 0;
const worker = /** @type {any} */ (self);

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(tidy()));
worker.addEventListener("message", (/** @type {any} */ event) => {
  const { files, pages } = event.data ?? {};
  if (Array.isArray(files) && Array.isArray(pages)) event.waitUntil(keep(files, pages));
});
worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode === "navigate" && address.pathname.startsWith("/tablet")) event.respondWith(fresh(request));
  else if (address.pathname.startsWith("/static")) event.respondWith(address.searchParams.has("v") ? kept(request) : fresh(request));
});

async function tidy() {
  for (const name of await caches.keys()) if (name.startsWith("confhub-tablet-") && name !== KEPT) await caches.delete(name);
  await worker.clients.claim();
}

/** @param {string[]} files @param {string[]} pages */
async function keep(files, pages) {
  const cache = await caches.open(KEPT);
  /** @type {Set<string>} */
  const seen = new Set();
  for (const page of pages) {
    const answer = await fetch(page, { redirect: "manual" }).catch(() => null);
    if (!answer?.ok) continue;
    await cache.put(page, answer.clone());
    for (const [, file] of (await answer.text()).matchAll(/(?:src|href)="(\/static[^"#]+)/g)) await keepFile(cache, file, seen);
  }
  for (const file of files) await keepFile(cache, file, seen);
}

/** A file, and the modules that it imports. @param {Cache} cache @param {string} file @param {Set<string>} seen */
async function keepFile(cache, file, seen) {
  if (seen.has(file)) return;
  seen.add(file);
  const held = await cache.match(file);
  const answer = held ?? (await fetch(file).catch(() => null));
  if (!answer?.ok) return;
  if (!held) await cache.put(file, answer.clone());
  if (!/\.js(\?|$)/.test(file)) return;
  for (const [, module] of (await answer.text()).matchAll(/\b(?:from|import) ?"(\.{0,2}\/[^"\s]+)"/g)) {
    await keepFile(cache, new URL(module, new URL(file, location.origin)).pathname, seen);
  }
}

/** An address with the file's digest in it: what is kept is right. @param {Request} request */
async function kept(request) {
  const cache = await caches.open(KEPT);
  const found = await cache.match(request);
  if (found) return found;
  const answer = await fetch(request).catch(() => null);
  if (!answer) return (await cache.match(request, { ignoreSearch: true })) ?? Response.error();
  if (answer.ok) {
    await cache.delete(request, { ignoreSearch: true }); // what it was before
    await cache.put(request, answer.clone());
  }
  return answer;
}

/** The hub's answer; where there is none in time, what was kept. @param {Request} request */
async function fresh(request) {
  const cache = await caches.open(KEPT);
  if (Date.now() < awayUntil) {
    const found = await cache.match(request);
    if (found) return found;
  }
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    awayUntil = 0;
    if (answer.ok && !answer.redirected) await cache.put(request, answer.clone());
    if (answer.status < 502) return answer;
    return (await cache.match(request)) ?? answer;
  } catch (error) {
    awayUntil = Date.now() + AWAY_MS;
    const found = await cache.match(request);
    if (found) return found;
    throw error;
  }
}
