// The hub's door for tablets: what is asked and sent, the hub's clock, and since when it does not answer.

import { call, HubError } from "../sessions/hub.js";

/** Statuses of a proxy in front of a hub that is away. */
const AWAY = new Set([0, 502, 503, 504]);

/**
 * @typedef {object} Person
 * @property {number | string} id
 * @property {string} name
 * @property {string | null} [code]
 * @property {string | null} [position]
 * @property {string | null} [unit]
 * @property {string | null} [badge_hash]
 * @property {"in" | "out" | "none" | "" | null} state
 * @property {string | null} state_at
 * @property {string} [origin]
 * @property {string | null} [absence] state of a notice: pending, approved, refused
 */

/**
 * @typedef {object} Picture what the hub says of one session in this room
 * @property {string} hub_time
 * @property {{id: number, title: string, state: string, starts_at: string, ends_at: string}} session
 * @property {{ways: string[], guests: boolean, prompts: number}} policy
 * @property {Person[]} people
 * @property {{people: number, at: string} | null} head_count
 * @property {{open: boolean, closes_at: string} | null} prompt
 * @property {{id: number, what: string, at: string, by: string}[]} [reminders] of the training officer's desk
 */

export class Door extends EventTarget {
  /** @type {number | null} how far the hub's clock is ahead of the tablet's */
  offset = null;
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
  }

  /** The hub's clock as far as it is known. */
  now() {
    return Date.now() + (this.offset ?? 0);
  }

  /** @param {number} session @returns {Promise<Picture>} */
  picture(session) {
    return this.#call("GET", `/sessions/${session}`);
  }

  /** @returns {Promise<any>} */
  sessions() {
    return this.#call("GET", "/sessions");
  }

  /** @param {number} session @returns {Promise<any>} */
  code(session) {
    return this.#call("GET", `/sessions/${session}/code`);
  }

  /** A reminder was read. @param {number} session @param {number} reminder @returns {Promise<any>} */
  putAway(session, reminder) {
    return this.#call("POST", `/sessions/${session}/reminders/${reminder}/seen`);
  }

  /**
   * Send a batch; times are corrected by what the hub's clock was ahead when they happened, or else is now.
   * @param {number} session
   * @param {import("./outbox.js").Entry[]} batch
   * @returns {Promise<import("./outbox.js").Result[]>}
   */
  async send(session, batch) {
    if (this.offset === null) await this.sessions(); // says the hub's time
    const shift = this.offset ?? 0;
    const events = [];
    const heads = [];
    for (const one of batch) {
      const at = new Date(one.at + (one.offset ?? shift)).toISOString();
      if (one.kind === "heads") heads.push({ key: one.key, people: one.people, at });
      else {
        const who = one.badge ? { badge: one.badge } : one.guest ? { guest: one.guest } : { attendee: one.attendee };
        events.push({ key: one.key, kind: one.kind, at, way: one.way, ...who });
      }
    }
    const sent_at = new Date(Date.now() + shift).toISOString();
    return (await this.#call("POST", `/sessions/${session}/events`, { sent_at, events, head_counts: heads })).results;
  }

  /** @param {"GET" | "POST"} method @param {string} path @param {unknown} [body] */
  async #call(method, path, body) {
    const before = Date.now();
    try {
      const answer = await call(method, `/api/v1/tablet${path}${this.query}`, body);
      if (answer?.hub_time) this.offset = Date.parse(answer.hub_time) - (before + Date.now()) / 2;
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
