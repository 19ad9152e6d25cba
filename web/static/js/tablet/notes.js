// What stands above the list until somebody answers: reminders of the training officer's desk, requests of other rooms.

import { byId } from "../common/dom.js";
import { html, render, repeat, sign } from "../common/html.js";
import { HubError } from "../common/http.js";
import { clockShort } from "../common/times.js";
import { t } from "../common/words.js";

/**
 * @typedef {import("./door.js").Picture} Picture
 * @typedef {Picture["reminders"][number]} Reminder
 * @typedef {Picture["moves"][number]} Move
 */

export class Notes {
  /** @type {Pick<Picture, "reminders" | "moves">} */
  #picture = { reminders: [], moves: [] };
  /** @type {Set<number>} reminders that were put away here, until the hub's list is without them */
  #putAway = new Set();
  /** @type {Set<number>} moves that were answered here, until the hub's list is without them */
  #answered = new Set();

  /**
   * @param {import("./door.js").Door} door
   * @param {number} session
   * @param {() => Promise<void>} onAnswered
   * @param {(text: string) => void} onRefused
   */
  constructor(door, session, onAnswered, onRefused) {
    this.door = door;
    this.session = session;
    this.onAnswered = onAnswered;
    this.onRefused = onRefused;
  }

  /** @param {Pick<Picture, "reminders" | "moves">} picture */
  draw(picture) {
    this.#picture = picture;
    this.#draw();
  }

  #draw() {
    const { reminders, moves } = this.#picture;
    const open = reminders.filter(({ id }) => !this.#putAway.has(id));
    const asked = moves.filter(({ id }) => !this.#answered.has(id));
    render(repeat(open, ({ id }) => id, (one) => reminder(one, () => this.#dismiss(one.id))), byId("reminders"));
    render(repeat(asked, ({ id }) => id, (one) => move(one, (grant) => this.#answer(one.id, grant))), byId("moves"));
  }

  /** @param {number} id */
  async #dismiss(id) {
    this.#putAway.add(id);
    this.#draw();
    try {
      await this.door.putAway(this.session, id);
    } catch (error) {
      this.#putAway.delete(id);
      this.#draw();
      if (!(error instanceof HubError)) throw error;
    }
  }

  /** @param {number} id @param {boolean} grant */
  async #answer(id, grant) {
    this.#answered.add(id);
    this.#draw();
    try {
      await this.door.answerMove(this.session, id, grant);
    } catch (error) {
      this.#answered.delete(id);
      this.#draw();
      if (!(error instanceof HubError)) throw error;
      if (error.message) this.onRefused(error.message);
      return;
    }
    await this.onAnswered();
  }
}

/** @param {Reminder} one @param {() => void} putAway */
function reminder({ what, at, by }, putAway) {
  return html`<div class="note note-prompt" role="status">${sign("bell")}<span class="grow"><strong>${t(`remind_${what}`)}</strong>
    <span class="note-by">${by}, ${clockShort(at)}</span></span><button type="button" class="btn" data-put-away @click=${putAway}>${sign("check")}${t("put_away")}</button></div>`;
}

/** Who is said to be in another room: this one is asked first. @param {Move} one @param {(grant: boolean) => void} answer */
function move({ name, to_room, at, position, unit, code, badge_end }, answer) {
  const toTellApart = [position, unit, code, badge_end && `${t("badge")} …${badge_end}`].filter(Boolean).join(" · ");
  return html`<div class="note note-prompt" role="status">${sign("door-exit")}<span class="grow">${t("move_asked", { who: name, room: to_room, time: clockShort(at) })}<span class="person-rest">${toTellApart}</span></span
    ><button type="button" class="btn btn-primary" @click=${() => answer(true)}>${sign("check")}${t("move_grant")}</button
    ><button type="button" class="btn" @click=${() => answer(false)}>${sign("x")}${t("move_decline")}</button></div>`;
}
