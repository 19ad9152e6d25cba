// What the pages' modules find in a browser and Node.js has not: loaded before each test file.
//
// `/static/…` is the folder that the hub serves; the page is Vietnamese and its template names no zone.
import { register } from "node:module";

const hooks = `
const served = ${JSON.stringify(new URL("../../../web/static/", import.meta.url).href)};
export function resolve(name, context, next) {
  return next(name.startsWith("/static/") ? new URL(name.slice("/static/".length), served).href : name, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);

/** Texts of the page's elements, by id. @type {Map<string, string>} */
export const texts = new Map();

class Storage {
  #held = new Map();
  getItem(name) { return this.#held.get(name) ?? null; }
  setItem(name, text) { this.#held.set(name, String(text)); }
  removeItem(name) { this.#held.delete(name); }
}

Object.assign(globalThis, {
  localStorage: new Storage(),
  document: {
    documentElement: { lang: "vi", dataset: {} },
    createTreeWalker: () => null, // asked for by lit-html when it is loaded; nothing is drawn here
    getElementById: (id) => (texts.has(id) ? { textContent: texts.get(id) } : null),
    querySelector: (selector) => (selector === 'meta[name="csrf-token"]' ? { getAttribute: () => "the page's token" } : null),
  },
});
