// One session's window: what it is, the way to its page, and its hours moved by buttons or arrow keys, a quarter of an
// hour or a day at a time: what mouse and finger do in the grid.

import { byId } from "../common/dom.js";
import { html, nothing, render, sign } from "../common/html.js";
import { t } from "../common/words.js";
import { dayText } from "./views.js";
import { addMinutes } from "./zone.js";

/** @typedef {import("confhub/api").CalendarEntry} Entry */
/** @typedef {{start: string, length_min: number}} Hours */

const DAY_MIN = 1440;
const STEP_MIN = 15;

/** Key → minutes later, minutes longer; with Shift up and down stretch. @type {Record<string, [number, number]>} */
const KEYS = {
  ArrowUp: [-STEP_MIN, 0], ArrowDown: [STEP_MIN, 0], ArrowLeft: [-DAY_MIN, 0], ArrowRight: [DAY_MIN, 0],
  "Shift+ArrowUp": [0, -STEP_MIN], "Shift+ArrowDown": [0, STEP_MIN],
};

/** Word of the button → the same. @type {[string, number, number][]} */
const BUTTONS = [
  ["day_earlier", -DAY_MIN, 0], ["earlier", -STEP_MIN, 0], ["later", STEP_MIN, 0], ["day_later", DAY_MIN, 0],
  ["shorter", 0, -STEP_MIN], ["longer", 0, STEP_MIN],
];

export class EntryWindow {
  /** @type {Entry | null} */
  #entry = null;
  /** @type {Hours} */
  #wanted = { start: "", length_min: 0 };

  /** @param {(entry: Entry, wanted: Hours) => Promise<boolean>} onMove */
  constructor(onMove) {
    this.onMove = onMove;
    this.dialog = /** @type {HTMLDialogElement} */ (byId("cal-entry"));
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {Entry} entry */
  open(entry) {
    this.#entry = entry;
    this.#wanted = { start: entry.wall, length_min: entry.length_min };
    this.#draw();
    if (!this.dialog.open) this.dialog.showModal();
    /** @type {HTMLElement | null} */ (this.dialog.querySelector("[data-first]"))?.focus();
  }

  #draw() {
    const entry = this.#entry;
    if (!entry) return;
    const rows = [
      [t("unit"), entry.unit_name], [t("chair"), entry.chair_name], [t("organizer"), entry.organizer_name],
      [t("series"), entry.standing ? t(`standing_${entry.standing}`) : null],
    ].filter(([, value]) => value);
    render(html`
      <div class="cal-entry-head"><h2 id="cal-entry-title">${entry.title}</h2>
        <button type="button" class="btn-close" aria-label=${t("close")} @click=${() => this.dialog.close()}></button></div>
      <p class="cal-entry-state"><span class="state state-${entry.state}"><span class="state-dot" aria-hidden="true"></span>${t(entry.state)}</span></p>
      <p class="cal-entry-hours" aria-live="polite">${hoursText(this.#wanted)}</p>
      <dl class="cal-entry-facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      ${entry.fixed === null ? this.#moves(entry) : html`<p class="form-hint">${t(`fixed_${entry.fixed}`)}</p>`}
      <div class="btn-list justify-content-end mt-3">
        <a class="btn ${this.#changed() ? "" : "btn-primary"}" href="/sessions/${entry.id}" ?data-first=${entry.fixed !== null}>${sign("external-link")}${t("open_session")}</a>
        ${this.#changed() ? html`<button type="button" class="btn btn-primary" id="cal-save" @click=${() => this.#save()}>${sign("check")}${t("move")}</button>` : nothing}
      </div>`, this.dialog);
  }

  /** @param {Entry} entry */
  #moves(entry) {
    return html`<fieldset class="cal-moves"><legend>${t("move_hours")}</legend>
      <div class="btn-list">${BUTTONS.map(([word, later, longer], place) => html`<button type="button" class="btn btn-sm" ?data-first=${place === 0} @click=${() => this.#shift(later, longer)}>${t(word)}</button>`)}</div>
      <p class="form-hint">${t("move_keys")}</p>
      ${entry.state === "scheduled" ? html`<p class="form-hint">${t("announced")}</p>` : nothing}</fieldset>`;
  }

  #changed() {
    return this.#entry !== null && (this.#wanted.start !== this.#entry.wall || this.#wanted.length_min !== this.#entry.length_min);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (this.#entry?.fixed !== null) return;
    const step = KEYS[`${event.shiftKey ? "Shift+" : ""}${event.key}`];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.#shift(...step);
  }

  /** @param {number} laterMin @param {number} longerMin */
  #shift(laterMin, longerMin) {
    const length = Math.min(DAY_MIN, Math.max(STEP_MIN, this.#wanted.length_min + longerMin));
    this.#wanted = { start: addMinutes(this.#wanted.start, laterMin), length_min: longerMin ? length : this.#wanted.length_min };
    this.#draw();
  }

  async #save() {
    const entry = this.#entry;
    if (!entry) return;
    const button = /** @type {HTMLButtonElement} */ (byId("cal-save"));
    button.disabled = true;
    const moved = await this.onMove(entry, this.#wanted);
    button.disabled = false;
    if (moved) this.dialog.close();
    else this.open(entry); // back where it was
  }
}

/** `Thứ Ba, 02/02/2027, 08:00–09:30`. @param {Hours} hours */
function hoursText({ start, length_min: length }) {
  const end = addMinutes(start, length);
  const until = end.slice(0, 10) === start.slice(0, 10) ? end.slice(11) : `${end.slice(11)} (${dayText(end.slice(0, 10))})`;
  return `${dayText(start.slice(0, 10))}, ${start.slice(11)}–${until}`;
}
