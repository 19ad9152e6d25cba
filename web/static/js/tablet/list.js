// Draws the list of people; a row is built anew only when what it shows has changed.

import { el, icon } from "../common/dom.js";
import { clockShort } from "../common/times.js";
import { t } from "../common/words.js";

/** @typedef {import("./roster.js").Row} Row */

/**
 * @typedef {object} Look how the list is drawn now
 * @property {boolean} choosing many are being chosen
 * @property {Set<number | string>} chosen
 * @property {boolean} prompting a presence prompt is open
 * @property {boolean} asking one that takes minutes can still be answered
 * @property {boolean} closed nothing can be ticked any more
 */

/** What a row's button does. @param {Row} row @param {Look} look @returns {"in" | "out" | "confirm" | ""} */
export function deedOf(row, look) {
  if (look.closed || row.provisional) return "";
  if ((look.prompting || look.asking) && row.state === "in" && !row.confirmed && row.unanswered) return "confirm";
  return row.state === "in" ? "out" : "in";
}

const DEEDS = { in: "check", out: "door-exit", confirm: "user-check" };
const WORDS = { in: "tick", out: "check_out", confirm: "confirm_here" };

export class List {
  /** @type {Map<number | string, {element: HTMLElement, made: string}>} */
  #made = new Map();

  /** @param {HTMLElement} holder */
  constructor(holder) {
    this.holder = holder;
  }

  /** @param {Row[]} rows @param {Look} look */
  draw(rows, look) {
    const elements = rows.map((row) => this.#element(row, look));
    const present = this.holder.children;
    elements.forEach((element, place) => {
      if (present[place] !== element) this.holder.insertBefore(element, present[place] ?? null);
    });
    while (present.length > elements.length) present[elements.length].remove();
  }

  /** @param {Row} row @param {Look} look */
  #element(row, look) {
    const { person } = row;
    const chosen = look.chosen.has(person.id);
    const deed = deedOf(row, look);
    const made = JSON.stringify([person, row.alike, row.state, row.at, row.unsent, row.overdue, row.confirmed, row.unanswered, look.choosing, chosen, deed]);
    const before = this.#made.get(person.id);
    if (before?.made === made) return before.element;
    const element = draw(row, look, chosen, deed);
    before?.element.replaceWith(element);
    this.#made.set(person.id, { element, made });
    return element;
  }
}

/** @param {Row} row @param {Look} look @param {boolean} chosen @param {"in" | "out" | "confirm" | ""} deed */
function draw(row, look, chosen, deed) {
  const { person } = row;
  const rest = [person.position, person.unit, row.alike && person.code].filter(Boolean).join(" · ");
  const words = el("span", { class: "person-words" },
    el("span", { class: "person-name" }, person.name),
    rest ? el("span", { class: "person-rest" }, rest) : null,
    marks(row));
  const item = el("li", { class: "person", "data-person": person.id, "data-state": row.state, "data-unsent": String(row.unsent), "data-chosen": String(chosen) });
  if (look.choosing && deed) {
    const box = el("input", { type: "checkbox", class: "form-check-input", "data-choose": person.id, "aria-label": person.name });
    box.checked = chosen;
    item.append(el("label", { class: "person-main" }, box, words));
  } else if (deed === "in" && row.state === "none") {
    item.append(el("button", { type: "button", class: "person-main person-tick", "data-deed": "in", "data-id": person.id },
      el("span", { class: "person-box", "aria-hidden": "true" }), words, el("span", { class: "person-do" }, t("tick"))));
  } else {
    item.append(el("div", { class: "person-main" }, state(row), words));
    if (deed) {
      item.append(el("button", { type: "button", class: `btn person-deed${deed === "confirm" ? " btn-primary" : ""}`, "data-deed": deed, "data-id": person.id, "aria-label": `${t(WORDS[deed])}: ${person.name}` },
        icon(DEEDS[deed]), el("span", {}, t(deed === "in" ? "back_in" : WORDS[deed]))));
    }
  }
  return item;
}

/** @param {Row} row */
function state(row) {
  return el("span", { class: "person-box", "aria-hidden": "true" }, icon(row.state === "in" ? "check" : row.state === "out" ? "door-exit" : "user"));
}

/** @param {Row} row */
function marks(row) {
  const found = el("span", { class: "person-marks" });
  if (row.state !== "none" && row.at) found.append(el("span", { class: `state person-since ${row.state === "in" ? "state-joined" : ""}` }, t(row.state === "in" ? "here_since" : "left_at", { time: clockShort(row.at) })));
  if (row.unanswered && row.state === "in") found.append(el("span", { class: "state state-unsent" }, icon("bell"), t("unanswered")));
  if (row.confirmed) found.append(el("span", { class: "state state-joined" }, t("confirmed")));
  if (row.person.origin === "visitor") found.append(el("span", { class: "state state-scheduled" }, row.person.home ? t("visitor_of", { room: row.person.home }) : t("visitor")));
  if (row.person.elsewhere && row.state === "in") found.append(el("span", { class: "state state-waiting" }, t("in_room", { room: row.person.elsewhere })));
  if (row.person.origin === "guest") found.append(el("span", { class: "state state-scheduled" }, t("guest")));
  const absence = row.person.absence;
  if ((absence === "approved" || absence === "pending") && row.state === "none") {
    found.append(el("span", { class: "state state-lobby" }, t(absence === "approved" ? "absent_with_leave" : "absence_asked")));
  }
  if (row.overdue) found.append(el("span", { class: "state state-unsent" }, icon("clock-pause"), t("unsent")));
  return found.childElementCount ? found : null;
}
