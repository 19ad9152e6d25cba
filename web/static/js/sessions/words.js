// The page's sentences: the template puts them, already in the reader's language, into #words as JSON.

/** @type {Record<string, string> | null} */
let catalogue = null;

/** @returns {Record<string, string>} */
function load() {
  return JSON.parse(document.getElementById("words")?.textContent || "{}");
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

/**
 * JSON that the template wrote into a data block.
 * @param {string} id the block's element id
 * @returns {any}
 */
export function dataBlock(id) {
  const text = document.getElementById(id)?.textContent;
  if (!text) throw new Error(`the page has no data block #${id}`);
  return JSON.parse(text);
}
