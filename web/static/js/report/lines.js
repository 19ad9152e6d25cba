// A room's line in the report: fetched when somebody opens it.

import { chart } from "../live/linechart.js";
import { HubError, request } from "../common/http.js";
import { html, render } from "../common/html.js";
import { t } from "../common/words.js";

/** Opened <details data-line="endpoint id"> get their chart; rows may be replaced by other ones later. */
export function armLines(/** @type {string} */ path) {
  document.addEventListener("toggle", (event) => {
    const details = event.target;
    if (!(details instanceof HTMLDetailsElement) || !details.dataset.line || !details.open) return;
    if (details.dataset.told) return;
    details.dataset.told = "true";
    show(details, `${path}/rooms/${details.dataset.line}/quality`);
  }, true);
}

/**
 * @param {HTMLDetailsElement} details
 * @param {string} address
 */
async function show(details, address) {
  try {
    render(chart((await request("GET", address)).samples), details);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    render(html`<p class="line-empty">${error.message || t("line_none")}</p>`, details);
  }
}
