// The tree of units and rooms with their checkboxes; branches are drawn when they are first opened.

import { fold } from "../fold.js";
import { byId, el, icon, setText } from "./dom.js";
import { matches } from "./search.js";
import { t } from "./words.js";

/**
 * @typedef {import("./choice.js").Unit} Unit
 * @typedef {import("./choice.js").Room} Room
 * @typedef {{element: HTMLElement, show: () => void, open: (open: boolean) => void}} Node a drawn branch
 */

const FOUND_MAX = 400; // more hits than that are no answer to a search

export class Picker {
  /** @type {Map<number, Unit[]>} */
  #units = new Map();
  /** @type {Map<number, Room[]>} */
  #rooms = new Map();
  /** @type {(() => void)[]} redraws of everything on the page */
  #shows = [];

  /**
   * @param {Unit[]} units
   * @param {Room[]} rooms
   * @param {import("./choice.js").Choice} choice
   */
  constructor(units, rooms, choice) {
    this.rooms = rooms;
    this.choice = choice;
    this.names = new Map(units.map((unit) => [unit[0], unit[2]]));
    for (const unit of units) this.#units.set(unit[1] ?? 0, [...(this.#units.get(unit[1] ?? 0) ?? []), unit]);
    for (const room of rooms) this.#rooms.set(room[1], [...(this.#rooms.get(room[1]) ?? []), room]);
    this.holder = byId("picker-tree");
    const search = /** @type {HTMLInputElement} */ (byId("picker-search"));
    search.addEventListener("input", () => this.draw(search.value));
    this.draw("");
  }

  /** @param {string} query */
  draw(query) {
    this.#shows = [];
    if (fold(query)) this.#drawFound(query);
    else this.#drawTree();
    this.#changed();
  }

  #drawTree() {
    const roots = this.#units.get(0) ?? [];
    this.holder.replaceChildren(...roots.map((unit) => this.#branch(unit, 1, roots.length === 1)));
  }

  /** @param {string} query */
  #drawFound(query) {
    const found = this.rooms.filter((room) => matches(room[4], query)).slice(0, FOUND_MAX);
    const rows = found.map((room) => this.#room(room, 1, this.names.get(room[1]) ?? ""));
    this.holder.replaceChildren(...(rows.length ? rows : [el("p", { class: "text-secondary m-2" }, t("none_found"))]));
  }

  /**
   * @param {Unit} unit
   * @param {number} level
   * @param {boolean} open
   * @returns {HTMLElement}
   */
  #branch([id, , name], level, open) {
    const { all } = this.choice.count(id);
    const toggle = el("button", { type: "button", class: `tree-toggle${all ? "" : " leaf"}`, "aria-expanded": "false", "aria-label": t("expand", { name }) }, icon("chevron-right"));
    const count = el("span", { class: "tree-count" });
    const box = this.#box((on) => this.choice.setBranch(id, on));
    const children = el("div", { class: "tree-children", role: "group", hidden: true });
    const row = el("div", { class: "tree-row unit" }, toggle, el("label", {}, box, el("span", { class: "tree-name" }, name), count));
    const item = el("div", { role: "treeitem", "aria-level": level, "aria-expanded": "false" }, row, children);
    const unfold = (/** @type {boolean} */ unfolded) => {
      if (unfolded && !children.childElementCount) this.#fill(children, id, level + 1);
      children.hidden = !unfolded;
      toggle.setAttribute("aria-expanded", String(unfolded));
      item.setAttribute("aria-expanded", String(unfolded));
    };
    toggle.addEventListener("click", () => unfold(children.hidden));
    this.#shows.push(() => {
      const sum = this.choice.count(id);
      box.checked = sum.all > 0 && sum.chosen === sum.all;
      box.indeterminate = sum.chosen > 0 && sum.chosen < sum.all;
      box.disabled = sum.all === 0;
      setText(count, `${sum.chosen}/${sum.all}`);
    });
    if (open) unfold(true);
    return item;
  }

  /**
   * @param {HTMLElement} holder
   * @param {number} unit
   * @param {number} level
   */
  #fill(holder, unit, level) {
    const rooms = (this.#rooms.get(unit) ?? []).map((room) => this.#room(room, level));
    const below = (this.#units.get(unit) ?? []).filter(([id]) => this.choice.count(id).all > 0);
    const branches = below.filter((one) => !this.#single(one)).map((one) => this.#branch(one, level, false));
    for (const one of below) {
      const single = this.#single(one);
      if (single) rooms.push(this.#room(single, level));
    }
    holder.append(...branches, ...rooms);
    for (const show of this.#shows) show();
  }

  /**
   * A unit with one room and nothing below it is drawn as that room: a commune, a department.
   * @param {Unit} unit
   * @returns {Room | null}
   */
  #single([id]) {
    const rooms = this.#rooms.get(id) ?? [];
    return rooms.length === 1 && !this.#units.has(id) ? rooms[0] : null;
  }

  /**
   * @param {Room} room
   * @param {number} level
   * @param {string} [unit]
   */
  #room([id, , name, code], level, unit = "") {
    const box = this.#box((on) => this.choice.setRoom(id, on));
    this.#shows.push(() => {
      box.checked = this.choice.has(id);
    });
    const note = el("span", { class: "tree-count" }, unit ? `${unit} · ${code}` : code);
    const label = el("label", {}, box, el("span", { class: "tree-name" }, name), note);
    const row = el("div", { class: "tree-row room" }, el("span", { class: "tree-toggle leaf" }), label);
    return el("div", { role: "treeitem", "aria-level": level }, row);
  }

  /** @param {(on: boolean) => void} set */
  #box(set) {
    const box = el("input", { type: "checkbox", class: "form-check-input" });
    box.addEventListener("change", () => {
      set(box.checked);
      this.#changed();
    });
    return box;
  }

  #changed() {
    for (const show of this.#shows) show();
    const chosen = this.rooms.filter(([id]) => this.choice.has(id)).length;
    setText(byId("picker-count"), t("rooms_chosen", { count: chosen, all: this.rooms.length }));
    const fields = Object.entries(this.choice.chosen()).flatMap(([name, ids]) =>
      ids.map((value) => el("input", { type: "hidden", name, value })),
    );
    byId("picker-fields").replaceChildren(...fields);
  }
}
