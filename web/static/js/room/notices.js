// Short notices at the edge of the page; read out by screen readers, gone by themselves.

import { byId, el, icon } from "../sessions/dom.js";

const SHOWN_MS = 8_000;
const MOST = 4;

/**
 * @param {string} text
 * @param {"info" | "warning" | "danger"} [kind]
 */
export function notice(text, kind = "info") {
  if (!text) return;
  const holder = byId("notices");
  const sign = { info: "info-circle", warning: "alert-triangle", danger: "alert-octagon" }[kind];
  const shown = el("div", { class: "room-notice", "data-kind": kind }, icon(sign), el("span", {}, text));
  holder.append(shown);
  while (holder.children.length > MOST) holder.firstElementChild?.remove();
  window.setTimeout(() => shown.remove(), SHOWN_MS);
}
