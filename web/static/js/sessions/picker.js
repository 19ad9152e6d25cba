// The tree of units and rooms with their checkboxes, and a line of tiers; what is closed is not drawn.

import { byId, setText } from "../common/dom.js";
import { html, nothing, render, repeat, sign } from "../common/html.js";
import { fold, matches } from "../common/search.js";
import { t } from "../common/words.js";
import { armTree, oneStop } from "./treekeys.js";

/**
 * @import { Choice, Room, Unit } from "./choice.js"
 * @typedef {[number, string]} Tier id, name
 */

const OPENED_MAX = 60; // branches a search unfolds by itself; more hits than that are no answer to a search

export class Picker {
  /** @type {Map<number, Unit[]>} unit → units right below; 0 → those at the top */
  #units = new Map();
  /** @type {Map<number, Room[]>} unit → rooms of its own */
  #rooms = new Map();
  /** @type {Map<number, number>} room → tier */
  #tierOf = new Map();
  /** @type {Tier[]} */
  #tiers = [];
  /** @type {Room[]} */
  #all = [];
  /** @type {Choice | null} */
  #choice = null;
  /** @type {Set<number>} units that are unfolded */
  #open = new Set();
  /** @type {{units: Set<number>, rooms: Set<number>} | null} what a search leaves */
  #left = null;
  /** @type {(() => void) | null} */
  onChange = null;

  constructor() {
    this.holder = byId("picker-tree");
    this.search = /** @type {HTMLInputElement} */ (byId("picker-search"));
    this.search.addEventListener("input", () => this.#found());
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
    const tierOfUnit = new Map(units.map((unit) => [unit[0], unit[3]]));
    this.#units = new Map();
    this.#rooms = new Map();
    for (const unit of units) this.#units.set(unit[1] ?? 0, [...(this.#units.get(unit[1] ?? 0) ?? []), unit]);
    for (const room of rooms) this.#rooms.set(room[1], [...(this.#rooms.get(room[1]) ?? []), room]);
    this.#tierOf = new Map(rooms.map((room) => [room[0], tierOfUnit.get(room[1]) ?? 0]));
    this.#tiers = tiers;
    this.#all = rooms;
    this.#choice = choice;
    this.#found();
  }

  get choice() {
    if (!this.#choice) throw new Error("show() comes first");
    return this.#choice;
  }

  /** The hits of the search with everything above them; a unit that is a hit keeps all that is in it. */
  #found() {
    const query = this.search.value;
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
    this.#left = fold(query) ? left : null;
    if (this.#left) for (const unit of this.#units.get(0) ?? []) visit(unit, false);
    const roots = this.#below(0);
    this.#open = new Set([...(roots.length === 1 ? [roots[0][0]] : []), ...this.#aboveHits()]);
    this.#draw();
  }

  /** Units with hits of a search below them, where those are few enough to be shown unasked. */
  #aboveHits() {
    const left = this.#left;
    if (!left || left.units.size > OPENED_MAX) return [];
    return [...left.units].filter((id) => this.#own(id).length > 0 || this.#below(id).length > 0);
  }

  /** What a search leaves of the units below a unit. @param {number} unit */
  #below(unit) {
    return (this.#units.get(unit) ?? []).filter(([id]) => !this.#left || this.#left.units.has(id));
  }

  /** What a search leaves of a unit's own rooms. @param {number} unit */
  #own(unit) {
    return (this.#rooms.get(unit) ?? []).filter(([id]) => !this.#left || this.#left.rooms.has(id));
  }

  #draw() {
    const roots = this.#below(0);
    const none = html`<p class="text-secondary m-2">${t("none_found")}</p>`;
    render(roots.length ? repeat(roots, ([id]) => id, (unit) => this.#branch(unit, 1)) : none, this.holder);
    render(this.#tiers.map((tier) => this.#tier(tier)), byId("picker-tiers"));
    const chosen = this.#all.filter(([id]) => this.choice.has(id)).length;
    setText(byId("picker-count"), t("rooms_chosen", { count: chosen, all: this.#all.length }));
    const fields = Object.entries(this.choice.chosen());
    render(fields.map(([name, ids]) => ids.map((id) => html`<input type="hidden" name=${name} value=${id}>`)), byId("picker-fields"));
    oneStop(this.holder);
  }

  /** @param {() => void} change */
  #changed(change) {
    change();
    this.#draw();
    this.onChange?.();
  }

  /** Every room of a tier at once. @param {Tier} tier */
  #tier([id, name]) {
    const own = this.#all.filter((room) => this.#tierOf.get(room[0]) === id);
    if (!own.length) return nothing;
    const chosen = own.filter((room) => this.choice.has(room[0])).length;
    const set = (/** @type {boolean} */ on) => { for (const room of own) this.choice.setRoom(room[0], on); };
    return html`<label class="picker-tier">${this.#box(chosen, own.length, set)}<span>${name}</span><span class="tree-count">${chosen}/${own.length}</span></label>`;
  }

  /**
   * @param {number} chosen
   * @param {number} all
   * @param {(on: boolean) => void} set
   * @param {boolean} [inTree] where its item is what the keyboard and screen readers meet; the box is for the pointer
   */
  #box(chosen, all, set, inTree = false) {
    const change = (/** @type {Event} */ event) => this.#changed(() => set(/** @type {HTMLInputElement} */ (event.target).checked));
    return html`<input type="checkbox" class="form-check-input" tabindex=${inTree ? -1 : 0} aria-hidden=${inTree ? "true" : nothing}
      .checked=${all > 0 && chosen === all} .indeterminate=${chosen > 0 && chosen < all} ?disabled=${all === 0} @change=${change}>`;
  }

  /**
   * @param {Unit} unit
   * @param {number} level
   * @returns {unknown}
   */
  #branch([id, , name], level) {
    const { chosen, all } = this.choice.count(id);
    const open = all > 0 && this.#open.has(id);
    const toggle = () => {
      if (!this.#open.delete(id)) this.#open.add(id);
      this.#draw();
    };
    return html`<div role="none">
      <div class="tree-row unit" role="treeitem" tabindex="-1" aria-level=${level} aria-expanded=${all ? open : nothing} aria-checked=${ticked(chosen, all)}
        data-name=${name} data-unit=${id}><button type="button" tabindex="-1" class="tree-toggle ${all ? "" : "leaf"} ${open ? "open" : ""}" aria-hidden="true"
          @click=${toggle}>${sign("chevron-right")}</button
        ><label>${this.#box(chosen, all, (on) => this.choice.setBranch(id, on), true)}<span class="tree-name">${name}</span> <span class="tree-count">${chosen}/${all}</span></label></div>
      <div class="tree-children" role="group" ?hidden=${!open}>${open ? this.#inside(id, level + 1) : nothing}</div>
    </div>`;
  }

  /**
   * Branches first, then rooms. A unit with one room and nothing below it is drawn as that room: a commune, a department.
   * @param {number} unit
   * @param {number} level
   */
  #inside(unit, level) {
    const below = this.#below(unit).filter(([id]) => this.choice.count(id).all > 0);
    const single = (/** @type {Unit} */ [id]) => (this.#rooms.get(id)?.length === 1 && !this.#units.has(id) ? (this.#rooms.get(id) ?? []) : []);
    const branches = below.filter((one) => !single(one).length);
    return [
      repeat(branches, ([id]) => id, (one) => this.#branch(one, level)),
      repeat([...this.#own(unit), ...below.flatMap(single)], ([id]) => id, (room) => this.#room(room, level)),
    ];
  }

  /**
   * @param {Room} room
   * @param {number} level
   */
  #room([id, , name, code], level) {
    const chosen = Number(this.choice.has(id));
    return html`<div class="tree-row room" role="treeitem" tabindex="-1" aria-level=${level} aria-checked=${ticked(chosen, 1)} data-name=${name} data-room=${id}
      ><span class="tree-toggle leaf"></span
      ><label>${this.#box(chosen, 1, (on) => this.choice.setRoom(id, on), true)}<span class="tree-name">${name}</span> <span class="tree-count">${code}</span></label></div>`;
  }
}

/**
 * A screen reader says an item's own words, as they are seen, and whether it is ticked.
 * @param {number} chosen
 * @param {number} all
 */
function ticked(chosen, all) {
  if (chosen > 0 && chosen < all) return "mixed";
  return all > 0 && chosen === all;
}
