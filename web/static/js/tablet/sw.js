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
  if (Array.isArray(event.data?.keep)) event.waitUntil(keep(event.data.keep, event.data.page));
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

/** @param {string[]} addresses @param {string} page */
async function keep(addresses, page) {
  const cache = await caches.open(KEPT);
  await Promise.all(addresses.map(async (address) => (await cache.match(address)) ?? cache.add(address).catch(() => {})));
  await fetch(page, { redirect: "manual" }).then((answer) => (answer.ok ? cache.put(page, answer) : null)).catch(() => null);
}

/** An address with the file's digest in it: what is kept is right. @param {Request} request */
async function kept(request) {
  const cache = await caches.open(KEPT);
  const found = await cache.match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
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
