// Search as people type it: word by word, without diacritics.

/**
 * As the hub's own folding: "Hoà" finds "hoa", đ counts as d.
 * @param {string} text
 */
export function fold(text) {
  return text.normalize("NFD").replace(/\p{Mn}/gu, "").replace(/[đĐ]/g, "d").toLowerCase().replace(/\s+/g, " ").trim();
}

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
