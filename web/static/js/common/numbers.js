// Numbers as people read them, in the page's language.

import { language } from "./page.js";

const WHOLE = new Intl.NumberFormat(language);
const TENTHS = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });

/** @param {number} value `12.345` */
export function number(value) {
  return WHOLE.format(value);
}

/** @param {number} value `3,5` */
export function tenths(value) {
  return TENTHS.format(value);
}
