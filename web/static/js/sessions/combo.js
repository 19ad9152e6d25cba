// A text field that finds one of many: the ARIA combobox with a list, searched without diacritics. What was chosen is
// the field's own value: Tom Select 2.6 puts it beside an empty field, where a screen reader hears of no choice.

import { byId } from "../common/dom.js";
import { html, render } from "../common/html.js";
import { matches } from "../common/search.js";
import { t } from "../common/words.js";

const SHOWN_MAX = 40;

/** @typedef {import("./choice.js").Room} Room */

export class Combo {
  /** @type {Room[]} */
  #found = [];
  #at = -1;
  /** @type {(() => void) | null} */
  onChange = null;

  /**
   * @param {string} prefix ids `<prefix>-search`, `-id`, `-options`
   * @param {Room[]} entries
   */
  constructor(prefix, entries) {
    this.entries = entries;
    this.input = /** @type {HTMLInputElement} */ (byId(`${prefix}-search`));
    this.value = /** @type {HTMLInputElement} */ (byId(`${prefix}-id`));
    this.options = byId(`${prefix}-options`);
    this.#showChosen();
    this.input.addEventListener("input", () => this.#search());
    this.input.addEventListener("focus", () => {
      this.input.select();
      this.#search(true);
    });
    this.input.addEventListener("blur", () => this.#close());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.options.addEventListener("mousedown", (event) => {
      event.preventDefault(); // keep the focus in the field
      const option = event.target instanceof Element ? event.target.closest("li[data-place]") : null;
      if (option instanceof HTMLElement) this.#choose(Number(option.dataset.place));
    });
  }

  /**
   * Offer other entries; what was chosen stays as long as it is among them.
   * @param {Room[]} entries
   */
  offer(entries) {
    this.entries = entries;
    this.#showChosen();
  }

  #showChosen() {
    const chosen = this.entries.find(([id]) => String(id) === this.value.value);
    this.input.value = chosen ? `${chosen[2]} (${chosen[3]})` : "";
  }

  #search(everything = false) {
    const query = everything ? "" : this.input.value;
    this.#found = this.entries.filter((entry) => matches(entry[4], query)).slice(0, SHOWN_MAX);
    this.#at = -1;
    this.#draw();
    this.options.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
  }

  #draw() {
    const options = this.#found.map(([, , name, code], place) =>
      html`<li role="option" id="${this.options.id}-${place}" data-place=${place} aria-selected=${place === this.#at}>${name}<span class="sub">${code}</span></li>`);
    render(options.length ? options : html`<li aria-disabled="true">${t("none_found")}</li>`, this.options);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Escape") return this.#close();
    if (event.key === "Enter" && this.#at >= 0) {
      event.preventDefault();
      return this.#choose(this.#at);
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return undefined;
    event.preventDefault();
    if (this.options.hidden) this.#search();
    const step = event.key === "ArrowDown" ? 1 : -1;
    this.#at = (this.#at + step + this.#found.length) % Math.max(1, this.#found.length);
    this.#draw();
    this.options.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", `${this.options.id}-${this.#at}`);
    return undefined;
  }

  /** @param {number} place */
  #choose(place) {
    this.value.value = String(this.#found[place][0]);
    this.#showChosen();
    this.#close();
    this.onChange?.();
  }

  /** What was typed and not chosen is not kept: an emptied field is an emptied choice. */
  #close() {
    if (this.input.value.trim() === "" && this.value.value) {
      this.value.value = "";
      this.onChange?.();
    }
    this.options.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    this.#showChosen();
  }
}
