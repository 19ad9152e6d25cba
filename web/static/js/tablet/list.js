// Draws the list of people: what each did, and the one thing that can be done for them now.

import { html, nothing, render, repeat, sign } from "../common/html.js";
import { clockShort } from "../common/times.js";
import { t } from "../common/words.js";

/**
 * @typedef {import("./roster.js").Row} Row
 * @typedef {"in" | "out" | "confirm"} Deed
 */

/**
 * @typedef {object} Look how the list is drawn now
 * @property {boolean} choosing many are being chosen
 * @property {Set<number | string>} chosen
 * @property {boolean} prompting a presence prompt is open
 * @property {boolean} asking one that takes minutes can still be answered
 * @property {boolean} closed nothing can be ticked any more
 */

/** What a row's button does. @param {Row} row @param {Look} look @returns {Deed | ""} */
export function deedOf(row, look) {
  if (look.closed || row.provisional) return "";
  if ((look.prompting || look.asking) && row.state === "in" && !row.confirmed && row.unanswered) return "confirm";
  return row.state === "in" ? "out" : "in";
}

const SIGNS = { none: "user", in: "check", out: "door-exit" };
const DEEDS = { in: "check", out: "door-exit", confirm: "user-check" };
const WORDS = { in: "tick", out: "check_out", confirm: "confirm_here" };

export class List {
  /**
   * @param {HTMLElement} holder
   * @param {(id: number | string, deed: Deed) => void} onDeed
   * @param {(id: number | string, chosen: boolean) => void} onChoice
   */
  constructor(holder, onDeed, onChoice) {
    this.holder = holder;
    this.onDeed = onDeed;
    this.onChoice = onChoice;
  }

  /** @param {Row[]} rows @param {Look} look */
  draw(rows, look) {
    // by the deed too: a button under the finger never becomes another one
    const deeds = rows.map((row) => /** @type {[Row, Deed | ""]} */ ([row, deedOf(row, look)]));
    render(repeat(deeds, ([{ person }, deed]) => `${person.id} ${deed}`, ([row, deed]) => this.#item(row, deed, look)), this.holder);
  }

  /** @param {Row} row @param {Deed | ""} deed @param {Look} look */
  #item(row, deed, { choosing, chosen }) {
    const { person, state, unsent } = row;
    const isChosen = chosen.has(person.id);
    return html`<li class="person" data-person=${person.id} data-state=${state} data-unsent=${unsent} data-chosen=${isChosen}
      >${choosing && deed ? this.#choice(row, isChosen) : this.#offer(row, deed)}</li>`;
  }

  /** @param {Row} row @param {boolean} chosen */
  #choice(row, chosen) {
    const { id, name } = row.person;
    const change = (/** @type {Event} */ event) => this.onChoice(id, /** @type {HTMLInputElement} */ (event.target).checked);
    return html`<label class="person-main"><input type="checkbox" class="form-check-input" aria-label=${name} .checked=${chosen} @change=${change}>${words(row)}</label>`;
  }

  /** @param {Row} row @param {Deed | ""} deed */
  #offer(row, deed) {
    const { id, name } = row.person;
    const act = () => deed && this.onDeed(id, deed);
    if (deed === "in" && row.state === "none") {
      return html`<button type="button" class="person-main person-tick" data-deed="in" @click=${act}
        ><span class="person-box" aria-hidden="true"></span>${words(row)}<span class="person-do">${t("tick")}</span></button>`;
    }
    const button = deed && html`<button type="button" class="btn person-deed ${deed === "confirm" ? "btn-primary" : ""}" data-deed=${deed}
      aria-label=${`${t(WORDS[deed])}: ${name}`} @click=${act}>${sign(DEEDS[deed])}<span>${t(deed === "in" ? "back_in" : WORDS[deed])}</span></button>`;
    return html`<div class="person-main"><span class="person-box" aria-hidden="true">${sign(SIGNS[row.state])}</span>${words(row)}</div>${button || nothing}`;
  }
}

/** Who it is, and what is known of them. @param {Row} row */
function words(row) {
  const { name, position, unit, code } = row.person;
  const rest = [position, unit, row.alike && code].filter(Boolean).join(" · ");
  const known = marks(row);
  return html`<span class="person-words"><span class="person-name">${name}</span
    >${rest ? html`<span class="person-rest">${rest}</span>` : nothing}${known.length ? html`<span class="person-marks">${known}</span>` : nothing}</span>`;
}

/** @param {Row} row */
function marks({ person, state, at, unanswered, confirmed, overdue }) {
  const { origin, home, elsewhere, absence } = person;
  const notice = state === "none" && (absence === "approved" || absence === "pending");
  return [
    state !== "none" && at && mark(`person-since ${state === "in" ? "state-joined" : ""}`, t(state === "in" ? "here_since" : "left_at", { time: clockShort(at) })),
    unanswered && state === "in" && mark("state-unsent", t("unanswered"), "bell"),
    confirmed && mark("state-joined", t("confirmed")),
    origin === "visitor" && mark("state-scheduled", home ? t("visitor_of", { room: home }) : t("visitor")),
    elsewhere && state === "in" && mark("state-waiting", t("in_room", { room: elsewhere })),
    origin === "guest" && mark("state-scheduled", t("guest")),
    notice && mark("state-lobby", t(absence === "approved" ? "absent_with_leave" : "absence_asked")),
    overdue && mark("state-unsent", t("unsent"), "clock-pause"),
  ].filter(Boolean);
}

/** @param {string} look @param {string} text @param {string} [icon] */
function mark(look, text, icon) {
  return html`<span class="state ${look}">${icon ? sign(icon) : nothing}${text}</span>`;
}
