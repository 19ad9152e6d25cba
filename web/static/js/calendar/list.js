// The list: days with what is held on them. Drawn in portions: thousands of lines at once would hold the page up.

import { html, nothing, render, repeat } from "../common/html.js";
import { t } from "../common/words.js";
import { dayText } from "./views.js";
import { wall } from "./zone.js";

/** @typedef {import("confhub/api").CalendarEntry} Entry */

const PORTION = 200;

export class List {
  /** @type {Entry[]} */
  #entries = [];
  /** @type {Map<string, string>} */
  #off = new Map();
  #shown = PORTION;

  /**
   * @param {HTMLElement} place
   * @param {(entry: Entry) => void} onOpen
   */
  constructor(place, onOpen) {
    this.place = place;
    this.onOpen = onOpen;
  }

  /** @param {Entry[]} entries by start @param {Map<string, string>} daysOff name of each */
  show(entries, daysOff) {
    this.#entries = entries;
    this.#off = daysOff;
    this.#shown = PORTION;
    this.#draw();
  }

  #draw() {
    /** @type {Map<string, Entry[]>} */
    const days = new Map([...this.#off.keys()].map((day) => [day, []]));
    for (const entry of this.#entries.slice(0, this.#shown)) {
      const day = entry.wall.slice(0, 10);
      days.set(day, [...(days.get(day) ?? []), entry]);
    }
    const left = this.#entries.length - this.#shown;
    const known = [...days.keys()].sort();
    const last = this.#entries[this.#shown - 1]?.wall.slice(0, 10) ?? "9999-12-31";
    render(html`
      ${this.#entries.length ? nothing : html`<p class="cal-none">${t("nothing_held")}</p>`}
      ${repeat(known.filter((day) => left <= 0 || day <= last), (day) => day, (day) => html`
        <section class="cal-day">
          <h2 class="cal-day-head">${dayText(day)}${this.#off.has(day) ? html`<span class="cal-off-name">${this.#off.get(day)}</span>` : nothing}</h2>
          ${days.get(day)?.length ? html`<ul class="cal-lines">${repeat(days.get(day) ?? [], (entry) => entry.id, (entry) => this.#line(entry))}</ul>` : nothing}
        </section>`)}
      ${left > 0 ? html`<button type="button" class="btn cal-next" @click=${() => this.#more()}>${t("show_more", { count: left })}</button>` : nothing}
    `, this.place);
  }

  /** @param {Entry} entry */
  #line(entry) {
    return html`<li><button type="button" class="cal-line cal-${entry.state}" @click=${() => this.onOpen(entry)}>
      <span class="cal-hours">${entry.wall.slice(11)}–${wall(Date.parse(entry.ends_at)).slice(11)}</span>
      <span class="cal-what"><span class="cal-title">${entry.title}</span><span class="cal-where">${[entry.chair_name, entry.unit_name].filter(Boolean).join(" · ")}</span></span>
      <span class="state state-${entry.state}"><span class="state-dot" aria-hidden="true"></span>${t(entry.state)}</span>
    </button></li>`;
  }

  #more() {
    const first = this.#shown;
    this.#shown += PORTION;
    this.#draw();
    /** @type {HTMLElement | undefined} */ ([...this.place.querySelectorAll(".cal-line")][first])?.focus();
  }
}
