// Drawing by templates (lit-html): what stands in a place is said whole each time, and only what differs is touched.
// Text goes in as text; a holder that is drawn into is filled by nobody else.

import { html } from "/static/vendor/lit-html/lit-html.js";

export { guard } from "/static/vendor/lit-html/directives/guard.js";
export { repeat } from "/static/vendor/lit-html/directives/repeat.js";
export { html, nothing, render, svg } from "/static/vendor/lit-html/lit-html.js";

/** @typedef {import("/static/vendor/lit-html/lit-html.js").TemplateResult} Drawing */

/**
 * An icon of the sprite, hidden from screen readers: the words beside it say what it means.
 * @param {string} name
 * @param {string} [extra] more classes
 */
export function sign(name, extra = "") {
  return html`<svg class="icon ${extra}" aria-hidden="true"><use href="/static/vendor/icons.svg#${name}"></use></svg>`;
}
