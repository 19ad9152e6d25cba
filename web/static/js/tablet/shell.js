// Keeps the page itself, so that it opens again while the hub is away. Browsers allow that on HTTPS pages only.

/** Loaded later than with the page, or by another page than this one. */
const LATER = ["/static/vendor/qr.js", "/static/vendor/jsQR.js", "/static/vendor/icons.svg"];

/**
 * Register the service worker and hand it what this page is made of.
 * @param {string[]} pages further pages that are to open without the hub
 * @returns {boolean} whether this browser can keep pages
 */
export function keepPage(pages = []) {
  if (!window.isSecureContext || !navigator.serviceWorker) return false;
  navigator.serviceWorker
    .register("/tablet/sw.js", { scope: "/tablet" })
    .then(() => navigator.serviceWorker.ready)
    .then((registration) => {
      const loaded = performance.getEntriesByType("resource").map((entry) => new URL(entry.name));
      const own = loaded.filter(({ origin, pathname }) => origin === location.origin && pathname.startsWith("/static"));
      const files = own.map(({ pathname, search }) => pathname + search);
      registration.active?.postMessage({ files: [...new Set([...files, ...LATER])], pages: [location.pathname + location.search, ...pages] });
    })
    .catch(() => {}); // without it the page works as long as it stays open
  return true;
}
