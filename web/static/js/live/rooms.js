// The rooms, grouped by branch: one button each, coloured and shaped by state, redrawn only where it changed.

import { byId, el, icon, setIcon, setText } from "../common/dom.js";
import { matches } from "../common/search.js";
import { t } from "../common/words.js";
import { Spark } from "./linechart.js";
import { looksLike, stateIcon, stateWords } from "./states.js";
import { commonBeginning, fits, headingOf } from "./model.js";

/** @typedef {import("confhub/api").Row} Row */

/** One room's button. */
class RoomButton {
  /** @type {Row | null} */
  row = null;
  words = "";
  /** @type {import("confhub/api").Line | undefined} */
  line;
  #spark = new Spark();

  /** @param {number} id */
  constructor(id) {
    this.name = el("span", { class: "room-name" });
    this.state = el("span", { class: "visually-hidden" });
    this.signs = el("span", { class: "room-signs" });
    this.element = el(
      "button",
      { type: "button", class: "room-tile", "data-id": id },
      el("span", { class: "room-shape" }, icon("circle-dashed")),
      this.name,
      this.state,
      this.signs,
    );
  }

  /**
   * @param {Row} row
   * @param {string} beginning what most names begin with
   * @param {string} at the hub's hour
   */
  show(row, beginning, at) {
    const words = stateWords(row, at);
    if (row === this.row && words === this.words) return;
    this.row = row;
    this.words = words;
    const { dataset } = this.element;
    dataset.state = looksLike(row);
    dataset.stage = String(row.on_stage);
    dataset.hand = String(row.hand_raised_at !== null);
    dataset.online = String(row.online);
    setIcon(this.element, stateIcon(looksLike(row)));
    setText(this.name, capital(row.name.slice(beginning.length)));
    this.element.title = `${row.name} · ${row.code} · ${words}`;
    setText(this.state, `, ${words}`);
    const signs = [];
    if (row.is_chair) signs.push(sign("crown", t("chair")));
    if (row.on_stage) signs.push(sign(row.mic_on ? "microphone" : "microphone-off", t("on_stage")));
    if (row.has_floor) signs.push(sign("clock", t("has_floor")));
    if (row.on_deck) signs.push(sign("hourglass", t("on_deck")));
    if (row.hand_raised_at) signs.push(sign("hand-stop", t("hand_place", { place: row.place ?? "–" })));
    this.signs.replaceChildren(...signs);
  }

  /**
   * The loss of its last minutes, where it is known.
   * @param {import("confhub/api").Line | undefined} line
   */
  showLine(line) {
    if (line === this.line) return;
    this.line = line;
    if (!line) return this.#spark.element.remove();
    this.#spark.show(line.losses);
    if (!this.#spark.element.isConnected) this.element.insertBefore(this.#spark.element, this.signs);
  }
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

/**
 * @param {string} name
 * @param {string} words
 */
function sign(name, words) {
  return el("span", { class: "room-sign", title: words }, icon(name), el("span", { class: "visually-hidden" }, words));
}

/** One branch with its rooms. */
class Group {
  /** @param {string} name */
  constructor(name) {
    this.count = el("span", { class: "group-count" });
    this.bar = el("progress", { class: "group-bar", max: 1, value: 0, "aria-hidden": "true" });
    this.tiles = el("div", { class: "group-tiles" });
    this.element = el(
      "section",
      { class: "room-group", "aria-label": name },
      el("header", { class: "group-head" }, el("h3", { class: "group-name" }, name), this.count, this.bar),
      this.tiles,
    );
  }

  /**
   * @param {number} joined
   * @param {number} expected
   */
  show(joined, expected) {
    setText(this.count, `${joined}/${expected}`);
    this.bar.max = Math.max(1, expected);
    this.bar.value = joined;
    this.element.dataset.complete = String(joined === expected);
  }
}

export class Rooms {
  /** @type {Map<number, RoomButton>} */
  #buttons = new Map();
  /** @type {Map<number, Group>} */
  #groups = new Map();
  #beginning = "";
  #at = "";
  filter = "all";
  query = "";

  /** @param {import("./model.js").Unit[]} units */
  constructor(units) {
    this.units = new Map(units.map((unit) => [unit[0], unit]));
    this.parents = new Set(units.map((unit) => unit[1]).filter((id) => id !== null));
    this.holder = byId("rooms");
  }

  /**
   * @param {Map<number, Row>} rows
   * @param {Map<number, import("confhub/api").Line>} lines
   * @param {string} at the hub's hour
   */
  draw(rows, lines, at) {
    this.#at = at;
    /** @type {Map<number, {joined: number, expected: number, shown: HTMLElement[]}>} */
    const sums = new Map();
    let shown = 0;
    if (rows.size > 1 && !this.#buttons.size) this.#beginning = commonBeginning(rows.values());
    for (const row of rows.values()) {
      const heading = headingOf(row.unit_path, this.units, this.parents);
      const sum = sums.get(heading) ?? { joined: 0, expected: 0, shown: [] };
      sums.set(heading, sum);
      if (row.state !== "dropped") sum.expected += 1;
      if (row.state === "joined") sum.joined += 1;
      if (!fits(row, this.filter) || !matches(row.search_key, this.query)) continue;
      sum.shown.push(this.#button(row, lines.get(row.endpoint_id)));
      shown += 1;
    }
    this.#drop(rows);
    this.#drawGroups(sums);
    byId("rooms-empty").hidden = shown > 0;
  }

  /**
   * @param {Row} row
   * @param {import("confhub/api").Line | undefined} line
   */
  #button(row, line) {
    const button = this.#buttons.get(row.endpoint_id) ?? new RoomButton(row.endpoint_id);
    this.#buttons.set(row.endpoint_id, button);
    button.show(row, row.name.startsWith(this.#beginning) ? this.#beginning : "", this.#at);
    button.showLine(row.state === "joined" ? line : undefined);
    return button.element;
  }

  /** @param {Map<number, Row>} rows */
  #drop(rows) {
    for (const id of this.#buttons.keys()) if (!rows.has(id)) this.#buttons.delete(id);
  }

  /** @param {Map<number, {joined: number, expected: number, shown: HTMLElement[]}>} sums */
  #drawGroups(sums) {
    const wanted = [];
    for (const [id, sum] of sums) {
      const group = this.#groups.get(id) ?? new Group(this.units.get(id)?.[2] ?? "");
      this.#groups.set(id, group);
      group.show(sum.joined, sum.expected);
      fill(group.tiles, sum.shown);
      if (sum.shown.length) wanted.push(group.element);
    }
    fill(this.holder, wanted);
  }
}

/**
 * Make `children` the holder's children, moving as few as possible: the focus stays where it is.
 * @param {HTMLElement} holder
 * @param {HTMLElement[]} children
 */
export function fill(holder, children) {
  children.forEach((child, place) => {
    if (holder.children[place] !== child) holder.insertBefore(child, holder.children[place] ?? null);
  });
  while (holder.children.length > children.length) holder.lastElementChild?.remove();
}
