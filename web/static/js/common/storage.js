// What a browser keeps for this site, as JSON. A browser that keeps nothing, or another program's text under the
// name, is as if nothing had been kept.

/**
 * @param {string} name
 * @param {any} [otherwise] where nothing is kept
 * @param {() => Storage} [where] asked inside, for a browser may refuse the storage itself
 * @returns {any}
 */
export function kept(name, otherwise = null, where = () => localStorage) {
  try {
    const text = where().getItem(name);
    return text === null ? otherwise : JSON.parse(text);
  } catch {
    return otherwise;
  }
}

/**
 * @param {string} name
 * @param {unknown} value null: nothing is to be kept any longer
 * @param {() => Storage} [where]
 */
export function keep(name, value, where = () => localStorage) {
  try {
    if (value === null) where().removeItem(name);
    else where().setItem(name, JSON.stringify(value));
  } catch {
    // what is not kept lasts as long as the page
  }
}
