// Search as people type it: word by word, without diacritics.

import { fold } from "../fold.js";

/**
 * Whether every word of the query stands somewhere in the folded key.
 * @param {string} key already folded
 * @param {string} query as typed
 */
export function matches(key, query) {
  return fold(query)
    .split(" ")
    .every((word) => key.includes(word));
}
