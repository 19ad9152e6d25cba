// The reader's sentences. English sentences are the keys, as in the templates.
// @ts-check

/** @type {Record<string, string>} */
let sentences = {};

export const language = document.documentElement.lang || "vi";

/** Resolved once the sentences are there; await it before the first `_()`. */
export const ready = language === "en" ? Promise.resolve() : fetch(`/static-i18n/${language}.json`)
  .then((answer) => (answer.ok ? answer.json() : {}))
  .then((loaded) => { sentences = loaded; })
  .catch(() => {});

/**
 * The sentence in the reader's language; `%(name)s` is replaced from `values`.
 * @param {string} message
 * @param {Record<string, string | number>} [values]
 */
export function _(message, values = {}) {
  const text = sentences[message] ?? message;
  return text.replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

const numbers = new Intl.NumberFormat(language);

/** @param {number} value */
export function number(value) {
  return numbers.format(value);
}

/**
 * Hours and minutes of a moment in the service's zone.
 * @param {string | Date} moment
 * @param {string} [zone]
 */
export function clockTime(moment, zone = "Asia/Ho_Chi_Minh") {
  return new Intl.DateTimeFormat("vi", { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: zone }).format(new Date(moment));
}
