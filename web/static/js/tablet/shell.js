// Keeps the page itself, so that it opens again while the hub is away. Browsers allow that on HTTPS pages only.

/**
 * Register the service worker and hand it what this page is made of.
 * @param {string[]} more addresses that are loaded later
 * @returns {boolean} whether this browser can keep the page
 */
export function keepPage(more = []) {
  if (!window.isSecureContext || !navigator.serviceWorker) return false;
  navigator.serviceWorker
    .register("/tablet/sw.js", { scope: "/tablet" })
    .then(() => navigator.serviceWorker.ready)
    .then((registration) => {
      const loaded = performance.getEntriesByType("resource").map((entry) => new URL(entry.name));
      const own = loaded.filter(({ origin, pathname }) => origin === location.origin && pathname.startsWith("/static"));
      const addresses = [...own.map(({ pathname, search }) => pathname + search), ...more];
      registration.active?.postMessage({ keep: [...new Set(addresses)], page: location.pathname + location.search });
    })
    .catch(() => {}); // without it the page works as long as it stays open
  return true;
}
