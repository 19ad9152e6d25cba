// Search without diacritics, as the hub's own folding: "Hoà" finds "hoa", đ counts as d.
// @ts-check

/** @param {string} text */
export function fold(text) {
  return text.normalize("NFD").replace(/\p{Mn}/gu, "").replace(/[đĐ]/g, "d").toLowerCase().replace(/\s+/g, " ").trim();
}
