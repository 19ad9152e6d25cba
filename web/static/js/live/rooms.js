// The rooms, grouped by branch: one button each, coloured and shaped by state.

import { byId } from "../common/dom.js";
import { guard, html, nothing, render, repeat, sign } from "../common/html.js";
import { matches } from "../common/search.js";
import { t } from "../common/words.js";
import { spark } from "./linechart.js";
import { commonBeginning, fits, headingOf } from "./model.js";
import { looksLike, stateIcon, stateWords } from "./states.js";

/**
 * @import { Line, Row } from "confhub/api"
 * @typedef {{joined: number, expected: number, shown: Row[]}} Sum
 */

/**
 * One room's button.
 * @param {Row} row
 * @param {string} beginning what most names begin with
 * @param {Line | undefined} line
 * @param {string} words its state
 */
function tile(row, beginning, line, words) {
  const look = looksLike(row);
  const name = capital(row.name.startsWith(beginning) ? row.name.slice(beginning.length) : row.name);
  return html`<button type="button" class="room-tile" data-id=${row.endpoint_id} data-state=${look} data-stage=${row.on_stage}
    data-hand=${row.hand_raised_at !== null} data-online=${row.online} title=${`${row.name} · ${row.code} · ${words}`}
    ><span class="room-shape">${sign(stateIcon(look))}</span><span class="room-name">${name}</span
    ><span class="visually-hidden">, ${words}</span
    >${row.state === "joined" && line ? guard([line], () => spark(line.losses)) : nothing}<span class="room-signs">${signs(row)}</span></button>`;
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

/** @param {Row} row */
function signs(row) {
  return [
    row.is_chair ? told("crown", t("chair")) : nothing,
    row.on_stage ? told(row.mic_on ? "microphone" : "microphone-off", t("on_stage")) : nothing,
    row.has_floor ? told("clock", t("has_floor")) : nothing,
    row.on_deck ? told("hourglass", t("on_deck")) : nothing,
    row.hand_raised_at ? told("hand-stop", t("hand_place", { place: row.place ?? "–" })) : nothing,
  ];
}

/**
 * @param {string} name
 * @param {string} words
 */
function told(name, words) {
  return html`<span class="room-sign" title=${words}>${sign(name)}<span class="visually-hidden">${words}</span></span>`;
}

export class Rooms {
  #holder = byId("rooms");
  /** @type {string | null} of the names, as the first rooms had them */
  #beginning = null;
  filter = "all";
  query = "";

  /** @param {import("./model.js").Unit[]} units */
  constructor(units) {
    this.units = new Map(units.map((unit) => [unit[0], unit]));
    this.parents = new Set(units.map((unit) => unit[1]).filter((id) => id !== null));
  }

  /**
   * @param {Map<number, Row>} rows
   * @param {Map<number, Line>} lines
   * @param {string} at the hub's hour
   */
  draw(rows, lines, at) {
    /** @type {Map<number, Sum>} */
    const sums = new Map();
    this.#beginning ??= rows.size > 1 ? commonBeginning(rows.values()) : null;
    const beginning = this.#beginning ?? "";
    for (const row of rows.values()) {
      const heading = headingOf(row.unit_path, this.units, this.parents);
      const sum = sums.get(heading) ?? { joined: 0, expected: 0, shown: [] };
      sums.set(heading, sum);
      if (row.state !== "dropped") sum.expected += 1;
      if (row.state === "joined") sum.joined += 1;
      if (fits(row, this.filter) && matches(row.search_key, this.query)) sum.shown.push(row);
    }
    const groups = [...sums].filter(([, { shown }]) => shown.length > 0);
    const drawn = (/** @type {Row} */ row) => {
      const [line, words] = [lines.get(row.endpoint_id), stateWords(row, at)];
      return guard([row, line, words], () => tile(row, beginning, line, words));
    };
    render(repeat(groups, ([id]) => id, ([id, sum]) => this.#group(this.units.get(id)?.[2] ?? "", sum, drawn)), this.#holder);
    byId("rooms-empty").hidden = groups.length > 0;
  }

  /**
   * One branch with its rooms.
   * @param {string} name
   * @param {Sum} sum
   * @param {(row: Row) => unknown} drawn
   */
  #group(name, { joined, expected, shown }, drawn) {
    return html`<section class="room-group" aria-label=${name} data-complete=${joined === expected}>
      <header class="group-head"><h3 class="group-name">${name}</h3><span class="group-count">${joined}/${expected}</span
        ><progress class="group-bar" .max=${Math.max(1, expected)} .value=${joined} aria-hidden="true"></progress></header>
      <div class="group-tiles">${repeat(shown, (row) => row.endpoint_id, drawn)}</div>
    </section>`;
  }
}
