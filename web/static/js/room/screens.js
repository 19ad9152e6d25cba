// Which screen is shown: before joining, the room, or one clear sentence in between and at the end.

import { byId, setIcon, setText } from "../common/dom.js";
import { t } from "../common/words.js";

/**
 * @typedef {"prejoin" | "room" | "waiting" | "ended" | "cancelled" | "removed" | "refused" | "replaced" | "left"} Screen
 */

/** Each sentence screen: its icon, and what may be done from it. */
const MESSAGES = {
  waiting: { icon: "hourglass", again: false },
  ended: { icon: "circle-check", again: false },
  cancelled: { icon: "circle-x", again: false },
  removed: { icon: "user-x", again: false },
  refused: { icon: "lock", again: true },
  replaced: { icon: "copy", again: true },
  left: { icon: "door-exit", again: true },
};

/**
 * @param {Screen} screen
 * @param {string} [detail] one more sentence, from the hub
 */
export function showScreen(screen, detail = "") {
  document.body.dataset.screen = screen;
  if (screen === "prejoin" || screen === "room") return;
  const message = MESSAGES[screen];
  const holder = byId("screen-message");
  setIcon(holder, message.icon);
  setText(byId("message-title"), t(`${screen}_title`));
  setText(byId("message-text"), detail || t(`${screen}_text`));
  byId("message-again").hidden = !message.again || document.body.dataset.mode === "kiosk";
}

/**
 * Which screen follows when the hub gave no token.
 * @param {string} sessionState
 * @param {boolean} removed
 * @returns {Screen}
 */
export function screenFor(sessionState, removed) {
  if (sessionState === "ended" || sessionState === "archived") return "ended";
  if (sessionState === "cancelled") return "cancelled";
  return removed ? "removed" : "waiting";
}
