// The hub's door for tablets: what is asked and sent, the hub's clock, and since when it does not answer.

import { HubError, request } from "../common/http.js";
import { Clock } from "./clock.js";

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
 * @property {string} [home] a visitor's own room
 * @property {string} [elsewhere] the room in which somebody of this list sits
 * @property {string | null} [absence] state of a notice: pending, approved, refused
 */

/**
 * @typedef {object} Picture what the hub says of one session in this room
 * @property {string} hub_time
 * @property {{id: number, title: string, state: string, starts_at: string, ends_at: string}} session
 * @property {{ways: string[], guests: boolean, prompts: number}} policy
 * @property {Person[]} people all, visitors last; where it is not `whole`, of the room's own those who changed
 * @property {boolean} whole
 * @property {string} mark when it was read
 * @property {number} listed how many the room's own people are
 * @property {{people: number, at: string} | null} head_count
 * @property {{open: boolean, closes_at: string} | null} prompt
 * @property {{opens_at: string, closes_at: string, counts: boolean} | null} [asked] the newest prompt that can still be answered
 * @property {{id: number, what: string, at: string, by: string}[]} [reminders] of the training officer's desk
 * @property {{id: number, name: string, code?: string | null, position?: string | null, unit?: string, badge_end?: string, to_room: string, at: string}[]} [moves] who is said to be in another room
 */

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
    this.clock = new Clock(async () => {
      const asked = Date.now();
      const answer = await this.#call("GET", "/api/v1/time");
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
   * @returns {Promise<Picture>}
   */
  picture(session, waiting, since) {
    return this.#ask("GET", `/sessions/${session}`, undefined, `waiting=${waiting}${since ? `&since=${since}` : ""}`);
  }

  /** @returns {Promise<any>} */
  sessions() {
    return this.#ask("GET", "/sessions");
  }

  /** @param {number} session @returns {Promise<any>} */
  code(session) {
    return this.#ask("GET", `/sessions/${session}/code`);
  }

  /** A reminder was read. @param {number} session @param {number} reminder @returns {Promise<any>} */
  putAway(session, reminder) {
    return this.#ask("POST", `/sessions/${session}/reminders/${reminder}/seen`);
  }

  /**
   * Send a batch, its times by the tablet's clock as it is now. An event from before the clock was set is moved by
   * what the clock was moved, as far as the hub's was known then.
   * @param {number} session
   * @param {import("./outbox.js").Entry[]} batch
   * @param {number} waiting how much more of it waits on this tablet
   * @returns {Promise<import("./outbox.js").Result[]>}
   */
  async send(session, batch, waiting) {
    if (this.offset === null) await this.clock.measure();
    const shift = this.offset ?? 0;
    const events = [];
    const heads = [];
    for (const one of batch) {
      const at = new Date(one.at + (one.offset ?? shift) - shift).toISOString();
      if (one.kind === "heads") heads.push({ key: one.key, people: one.people, at, sure: true });
      else {
        const who = one.badge ? { badge: one.badge } : one.guest ? { guest: one.guest } : one.named ? { named: one.named } : { attendee: one.attendee };
        events.push({ key: one.key, kind: one.kind, at, way: one.way, ...who });
      }
    }
    const body = { clock: this.clock.stated(), waiting, sent_at: new Date().toISOString(), events, head_counts: heads };
    return (await this.#ask("POST", `/sessions/${session}/events`, body)).results;
  }

  /** @param {"GET" | "POST"} method @param {string} path @param {unknown} [body] @param {string} [more] of the query */
  #ask(method, path, body, more = "") {
    const query = more && `${this.query ? "&" : "?"}${more}`;
    return this.#call(method, `/api/v1/tablet${path}${this.query}${query}`, body);
  }

  /** Whether somebody may go to the room that asks. @param {number} session @param {number} move @param {boolean} grant */
  async answerMove(session, move, grant) {
    await this.#ask("POST", `/sessions/${session}/moves/${move}`, { grant });
  }

  /** The phone that counts for somebody counts for nobody. @param {number} session @param {number} attendee @param {string} reason */
  async takePhoneBack(session, attendee, reason) {
    await this.#ask("POST", `/sessions/${session}/phones/take-back`, { attendee, reason });
  }

  /** @param {"GET" | "POST"} method @param {string} path @param {unknown} [body] */
  async #call(method, path, body) {
    try {
      const answer = await request(method, path, body);
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
