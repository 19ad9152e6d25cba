// The tree of units and rooms with their checkboxes, and a line of tiers; branches are drawn when first opened.

import { byId, el, icon, setText } from "../common/dom.js";
import { fold, matches } from "../common/search.js";
import { armTree, oneStop } from "./treekeys.js";
import { t } from "../common/words.js";

/**
 * @typedef {import("./choice.js").Unit} Unit
 * @typedef {import("./choice.js").Room} Room
 * @typedef {import("./choice.js").Choice} Choice
 * @typedef {[number, string]} Tier id, name
 */

const OPENED_MAX = 60; // branches a search unfolds by itself; more hits than that are no answer to a search

export class Picker {
  /** @type {Map<number, Unit[]>} */
  #units = new Map();
  /** @type {Map<number, Room[]>} */
  #rooms = new Map();
  /** @type {Map<number, number>} room → tier */
  #tierOf = new Map();
  /** @type {Tier[]} */
  #tiers = [];
  /** @type {Room[]} */
  #all = [];
  /** @type {Choice | null} */
  #choice = null;
  /** @type {(() => void)[]} redraws of everything on the page */
  #shows = [];
  /** @type {{units: Set<number>, rooms: Set<number>} | null} what a search leaves */
  #left = null;
  /** @type {(() => void) | null} */
  onChange = null;

  constructor() {
    this.holder = byId("picker-tree");
    this.search = /** @type {HTMLInputElement} */ (byId("picker-search"));
    this.search.addEventListener("input", () => this.draw());
    this.search.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    armTree(this.holder);
  }

  /**
   * Show another tree, or the same one on another day.
   * @param {Unit[]} units parents before children
   * @param {Room[]} rooms
   * @param {Tier[]} tiers from the top
   * @param {Choice} choice
   */
  show(units, rooms, tiers, choice) {
    this.#units = new Map();
    this.#rooms = new Map();
    const tierOfUnit = new Map(units.map((unit) => [unit[0], unit[3]]));
    for (const unit of units) this.#units.set(unit[1] ?? 0, [...(this.#units.get(unit[1] ?? 0) ?? []), unit]);
    for (const room of rooms) this.#rooms.set(room[1], [...(this.#rooms.get(room[1]) ?? []), room]);
    this.#tierOf = new Map(rooms.map((room) => [room[0], tierOfUnit.get(room[1]) ?? 0]));
    this.#tiers = tiers;
    this.#all = rooms;
    this.#choice = choice;
    this.draw();
  }

  get choice() {
    if (!this.#choice) throw new Error("show() comes first");
    return this.#choice;
  }

  draw() {
    this.#shows = [];
    this.#left = this.#found(this.search.value);
    const roots = (this.#units.get(0) ?? []).filter((unit) => this.#kept(unit));
    const items = roots.map((unit) => this.#branch(unit, 1, roots.length === 1));
    this.holder.replaceChildren(...(items.length ? items : [el("p", { class: "text-secondary m-2" }, t("none_found"))]));
    this.#drawTiers();
    this.#changed();
    oneStop(this.holder);
  }

  /**
   * The hits with everything above them; a unit that is a hit keeps all that is in it.
   * @param {string} query
   */
  #found(query) {
    if (!fold(query)) return null;
    const left = { units: new Set(), rooms: new Set() };
    const visit = (/** @type {Unit} */ unit, /** @type {boolean} */ inside) => {
      const within = inside || matches(fold(unit[2]), query);
      let any = within;
      for (const below of this.#units.get(unit[0]) ?? []) any = visit(below, within) || any;
      for (const room of this.#rooms.get(unit[0]) ?? []) {
        if (!within && !matches(room[4], query)) continue;
        left.rooms.add(room[0]);
        any = true;
      }
      if (any) left.units.add(unit[0]);
      return any;
    };
    for (const unit of this.#units.get(0) ?? []) visit(unit, false);
    return left;
  }

  /** @param {Unit} unit */
  #kept(unit) {
    return !this.#left || this.#left.units.has(unit[0]);
  }

  /** One line of checkboxes: every room of a tier at once. */
  #drawTiers() {
    const rooms = new Map(this.#tiers.map(([id]) => [id, this.#all.filter((room) => this.#tierOf.get(room[0]) === id)]));
    const lines = this.#tiers.filter(([id]) => rooms.get(id)?.length).map(([id, name]) => {
      const own = rooms.get(id) ?? [];
      const count = el("span", { class: "tree-count" });
      const box = this.#box((on) => { for (const room of own) this.choice.setRoom(room[0], on); });
      this.#shows.push(() => {
        const chosen = own.filter((room) => this.choice.has(room[0])).length;
        box.checked = chosen === own.length;
        box.indeterminate = chosen > 0 && chosen < own.length;
        setText(count, `${chosen}/${own.length}`);
      });
      return el("label", { class: "picker-tier" }, box, el("span", {}, name), count);
    });
    byId("picker-tiers").replaceChildren(...lines);
  }

  /**
   * @param {Unit} unit
   * @param {number} level
   * @param {boolean} open
   * @returns {HTMLElement}
   */
  #branch([id, , name], level, open) {
    const { all } = this.choice.count(id);
    const toggle = el("button", { type: "button", tabindex: -1, class: `tree-toggle${all ? "" : " leaf"}`, "aria-hidden": "true" }, icon("chevron-right"));
    const count = el("span", { class: "tree-count" });
    const box = this.#box((on) => this.choice.setBranch(id, on));
    box.tabIndex = -1;
    box.setAttribute("aria-hidden", "true");
    const children = el("div", { class: "tree-children", role: "group", hidden: true });
    const words = el("label", {}, box, el("span", { class: "tree-name" }, name), " ", count);
    const item = el("div", { class: "tree-row unit", role: "treeitem", tabindex: -1, "aria-level": level, "aria-expanded": all ? "false" : null, "data-name": name, "data-unit": id }, toggle, words);
    const unfold = (/** @type {boolean} */ unfolded) => {
      if (unfolded && !children.childElementCount) this.#fill(children, id, level + 1);
      children.hidden = !unfolded;
      toggle.classList.toggle("open", unfolded);
      item.setAttribute("aria-expanded", String(unfolded));
    };
    toggle.addEventListener("click", () => unfold(children.hidden));
    this.#shows.push(() => {
      const sum = this.choice.count(id);
      box.checked = sum.all > 0 && sum.chosen === sum.all;
      box.indeterminate = sum.chosen > 0 && sum.chosen < sum.all;
      box.disabled = sum.all === 0;
      setText(count, `${sum.chosen}/${sum.all}`);
      tick(item, box);
    });
    if (all && (open || this.#hitBelow(id))) unfold(true);
    return el("div", { role: "none" }, item, children);
  }

  /**
   * Whether a search's hits stand below this unit, few enough to be shown unasked.
   * @param {number} unit
   */
  #hitBelow(unit) {
    if (!this.#left || this.#left.units.size > OPENED_MAX) return false;
    return (this.#rooms.get(unit) ?? []).some((room) => this.#left?.rooms.has(room[0])) || (this.#units.get(unit) ?? []).some((below) => this.#kept(below));
  }

  /**
   * @param {HTMLElement} holder
   * @param {number} unit
   * @param {number} level
   */
  #fill(holder, unit, level) {
    const own = (this.#rooms.get(unit) ?? []).filter((room) => !this.#left || this.#left.rooms.has(room[0]));
    const rooms = own.map((room) => this.#room(room, level));
    const below = (this.#units.get(unit) ?? []).filter((one) => this.#kept(one) && this.choice.count(one[0]).all > 0);
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
   */
  #room([id, , name, code], level) {
    const box = this.#box((on) => this.choice.setRoom(id, on));
    box.tabIndex = -1;
    box.setAttribute("aria-hidden", "true");
    const words = el("label", {}, box, el("span", { class: "tree-name" }, name), " ", el("span", { class: "tree-count" }, code));
    const item = el("div", { class: "tree-row room", role: "treeitem", tabindex: -1, "aria-level": level, "data-name": name, "data-room": id }, el("span", { class: "tree-toggle leaf" }), words);
    this.#shows.push(() => {
      box.checked = this.choice.has(id);
      tick(item, box);
    });
    return item;
  }

  /** @param {(on: boolean) => void} set */
  #box(set) {
    const box = el("input", { type: "checkbox", class: "form-check-input" });
    box.addEventListener("change", () => {
      set(box.checked);
      this.#changed();
      this.onChange?.();
    });
    return box;
  }

  #changed() {
    for (const show of this.#shows) show();
    const chosen = this.#all.filter(([id]) => this.choice.has(id)).length;
    setText(byId("picker-count"), t("rooms_chosen", { count: chosen, all: this.#all.length }));
    const fields = Object.entries(this.choice.chosen()).flatMap(([name, ids]) =>
      ids.map((value) => el("input", { type: "hidden", name, value })),
    );
    byId("picker-fields").replaceChildren(...fields);
  }
}

/**
 * A screen reader says an item's own words, as they are seen, and whether it is ticked; the box is for the pointer.
 * @param {HTMLElement} item
 * @param {HTMLInputElement} box
 */
function tick(item, box) {
  item.setAttribute("aria-checked", box.indeterminate ? "mixed" : String(box.checked));
}
