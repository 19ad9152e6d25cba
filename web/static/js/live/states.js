// A participant's state in words: what is known, and since when.

import { momentText } from "../common/times.js";
import { t } from "../common/words.js";
import { elsewhereWords } from "./elsewhere.js";

/** States that are told with the moment since when they are so. */
const SINCE = ["called", "lost", "left", "off", "removed"];

/**
 * @param {import("confhub/api").Row} row
 * @param {string} at the hub's hour, ISO 8601
 */
export function stateWords(row, at) {
  if (row.silent_since) return t("silent_since", { time: momentText(row.silent_since, at) });
  if (row.elsewhere && row.state === "elsewhere") return elsewhereWords(row.elsewhere, at);
  return stateSince(row.state, row.state_since, at);
}

/**
 * @param {string} state
 * @param {string | null} since
 * @param {string} at
 */
export function stateSince(state, since, at) {
  const word = t(`room_${state}`);
  return since && SINCE.includes(state) ? t("state_since", { state: word, time: momentText(since, at) }) : word;
}

/**
 * Which colour and sign a state has: one that is not heard looks like one that is lost.
 * @param {{state: string, silent_since: string | null}} one
 */
export function looksLike(one) {
  return one.silent_since ? "silent" : one.state;
}

export const STATE_ICONS = {
  expected: "circle-dashed",
  called: "bell",
  joined: "circle-check",
  silent: "antenna-bars-off",
  lost: "wifi-off",
  left: "door-exit",
  elsewhere: "arrow-right",
  unpaired: "key-off",
  off: "plug-connected-x",
  absent: "user-off",
  removed: "user-x",
  dropped: "x",
};

/** @param {string} look */
export function stateIcon(look) {
  return STATE_ICONS[/** @type {keyof typeof STATE_ICONS} */ (look)] ?? "circle-dashed";
}
