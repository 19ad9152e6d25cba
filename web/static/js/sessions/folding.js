// Search without diacritics, as the hub folds it: "Hoà" and "hoa" are the same, đ is d.

/**
 * @param {string} text
 * @returns {string} lower case, marks taken off, đ as d, spaces single
 */
export function fold(text) {
  return text
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/đ/g, "d")
    .replace(/Đ/g, "D")
    .toLowerCase()
    .replace(/\s+/g, " ")
    .trim();
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
