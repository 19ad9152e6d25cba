// The page's sentences: the templates put them, already in the reader's language, into data blocks: #shared-words
// for every page, #words for this one.

/** @type {Record<string, string> | null} */
let catalogue = null;

/** @returns {Record<string, string>} */
function load() {
  const blocks = ["shared-words", "words"].map((id) => JSON.parse(document.getElementById(id)?.textContent || "{}"));
  return Object.assign({}, ...blocks);
}

/**
 * The sentence behind a key, with its `{parameters}` filled in. An unknown key is shown as it is. For one of a thing
 * (`n`, `count`, `people`) it is the sentence behind `<key>_one`, where there is one.
 * @param {string} key
 * @param {Record<string, string | number>} [params]
 */
export function t(key, params = {}) {
  catalogue ??= load();
  const counted = Number(params.n ?? params.count ?? params.people);
  const sentence = (counted === 1 && catalogue[`${key}_one`]) || (catalogue[key] ?? key);
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in params ? String(params[name]) : whole));
}
