// The hub's door for tablets: what is asked and sent, the hub's clock, and since when it does not answer.

import { call, HubError } from "../common/http.js";
import { Clock } from "./clock.js";

/**
 * @import { Batch, Listed, Sheet } from "confhub/api"
 * @typedef {Omit<Listed, "id" | "badge_hash"> & {id: number | string, badge_hash?: string}} Person a row of the list:
 *   the hub's, or one that it has not told yet: without a hash, and a guest without a number as well
 * @typedef {Omit<Sheet, "people"> & {people: Person[]}} Picture what the hub says of one session in this room
 */

/** Statuses of a proxy in front of a hub that is away. */
const AWAY = new Set([0, 502, 503, 504]);

export class Door extends EventTarget {
  /** @type {number | null} since when the hub does not answer, by the tablet's clock */
  awaySince = null;

  /**
   * @param {number} endpoint the room
   * @param {boolean} asPerson a person's login speaks, not the tablet's
   */
  constructor(endpoint, asPerson) {
    super();
    this.endpoint = endpoint;
    this.query = asPerson ? `?endpoint=${endpoint}` : "";
    this.asked = asPerson ? { endpoint } : {};
    this.clock = new Clock(async () => {
      const asked = Date.now();
      const answer = await this.#heard(call("GET", "/api/v1/time", {}));
      return { asked, received: Date.parse(answer.received_at), answered: Date.parse(answer.answered_at), heard: Date.now() };
    });
  }

  /** How far the hub's clock is ahead of the tablet's; null where nobody knows. */
  get offset() {
    return this.clock.offset;
  }

  /** The hub's clock as far as it is known. */
  now() {
    return Date.now() + (this.offset ?? 0);
  }

  /**
   * @param {number} session
   * @param {number} waiting how much of it waits on this tablet
   * @param {string} [since] the mark of the picture that is here
   */
  picture(session, waiting, since) {
    const query = { ...this.asked, waiting, since };
    return this.#heard(call("GET", "/api/v1/tablet/sessions/{id}", { path: { id: session }, query }));
  }

  async sessions() {
    return (await this.#heard(call("GET", "/api/v1/tablet/sessions", { query: this.asked }))).sessions;
  }

  /** @param {number} session */
  code(session) {
    return this.#heard(call("GET", "/api/v1/tablet/sessions/{id}/code", { path: { id: session }, query: this.asked }));
  }

  /** A reminder was read. @param {number} session @param {number} reminder */
  async putAway(session, reminder) {
    const path = { id: session, reminder };
    await this.#heard(call("POST", "/api/v1/tablet/sessions/{id}/reminders/{reminder}/seen", { path, query: this.asked }));
  }

  /** Whether somebody may go to the room that asks. @param {number} session @param {number} move @param {boolean} grant */
  async answerMove(session, move, grant) {
    const path = { id: session, move };
    await this.#heard(call("POST", "/api/v1/tablet/sessions/{id}/moves/{move}", { path, query: this.asked, body: { grant } }));
  }

  /** The phone that counts for somebody counts for nobody. @param {number} session @param {number} attendee @param {string} reason */
  async takePhoneBack(session, attendee, reason) {
    const wish = { path: { id: session }, query: this.asked, body: { attendee, reason } };
    await this.#heard(call("POST", "/api/v1/tablet/sessions/{id}/phones/take-back", wish));
  }

  /**
   * Send a batch, its times by the tablet's clock as it is now. An event from before the clock was set is moved by
   * what the clock was moved, as far as the hub's was known then.
   * @param {number} session
   * @param {import("./outbox.js").Entry[]} batch
   * @param {number} waiting how much more of it waits on this tablet
   */
  async send(session, batch, waiting) {
    if (this.offset === null) await this.clock.measure();
    const shift = this.offset ?? 0;
    /** @type {NonNullable<Batch["events"]>} */
    const events = [];
    /** @type {NonNullable<Batch["head_counts"]>} */
    const heads = [];
    for (const { key, kind, way, people = 0, attendee, badge, guest, named, ...one } of batch) {
      const at = new Date(one.at + (one.offset ?? shift) - shift).toISOString();
      if (kind === "heads") heads.push({ key, people, at, sure: true });
      else events.push({ key, kind, at, way, ...(badge ? { badge } : guest ? { guest } : named ? { named } : { attendee }) });
    }
    const body = { clock: this.clock.stated(), waiting, sent_at: new Date().toISOString(), events, head_counts: heads };
    const wish = { path: { id: session }, query: this.asked, body };
    return (await this.#heard(call("POST", "/api/v1/tablet/sessions/{id}/events", wish))).results;
  }

  /**
   * An answer, having seen whether there was one.
   * @template T
   * @param {Promise<T>} asked
   * @returns {Promise<T>}
   */
  async #heard(asked) {
    try {
      const answer = await asked;
      this.#away(false);
      return answer;
    } catch (error) {
      this.#away(error instanceof HubError && AWAY.has(error.status));
      throw error;
    }
  }

  /** @param {boolean} away */
  #away(away) {
    if (away === (this.awaySince !== null)) return;
    this.awaySince = away ? Date.now() : null;
    this.dispatchEvent(new Event("line"));
  }
}
