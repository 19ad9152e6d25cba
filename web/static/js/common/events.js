// Server-sent events of the hub.

/**
 * Server-sent events that come back by themselves. The browser retries a broken stream, but gives up for good
 * when the hub answers with an error while it restarts; this does not.
 * @param {string} path
 * @param {Record<string, (data: any) => void>} handlers one per event name
 * @param {(connected: boolean) => void} [onState]
 * @returns {() => void} closes the stream
 */
export function listen(path, handlers, onState = () => {}) {
  /** @type {EventSource | null} */
  let source = null;
  let timer = 0;
  let delayMs = 500;
  let closed = false;

  function open() {
    source = new EventSource(path);
    source.onopen = () => {
      delayMs = 500;
      onState(true);
    };
    source.onerror = () => {
      onState(false);
      if (closed || source?.readyState !== EventSource.CLOSED) return;
      timer = window.setTimeout(open, delayMs * (0.5 + Math.random()));
      delayMs = Math.min(delayMs * 2, 8_000);
    };
    for (const [name, handler] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => handler(JSON.parse(/** @type {MessageEvent} */ (event).data)));
    }
  }

  open();
  return () => {
    closed = true;
    window.clearTimeout(timer);
    source?.close();
  };
}
