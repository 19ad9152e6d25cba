// The outbox: every event goes into the browser's database first, and to the hub when it answers. Each has a key,
// so that a batch sent twice is stored once. Of several tabs one sends at a time.

import { HubError } from "../common/http.js";

/**
 * One event or head count on its way.
 * @typedef {object} Entry
 * @property {number} [n] place in the outbox
 * @property {string} key
 * @property {number} session
 * @property {number} endpoint
 * @property {"in" | "out" | "confirm" | "heads"} kind
 * @property {number} at by the tablet's clock, milliseconds
 * @property {number | null} offset what the hub's clock was ahead, where it was known
 * @property {"tablet" | "badge"} [way]
 * @property {number} [attendee]
 * @property {string} [badge]
 * @property {{name: string, position?: string}} [guest]
 * @property {{code?: string, name?: string, unit?: string}} [named] of the session's list, in whatever room
 * @property {number} [people] of a head count
 * @property {string} label what people read in the list of refused ones
 */

/** @typedef {import("confhub/api").Result} Result stored, doubled, waiting or refused */
/** @typedef {Entry & {code: string, message: string, refused_at: number}} Refused */

export const BATCH_MAX = 500;
/** So long an entry stays here at least: it can be undone as if it had never been, and neighbours travel together. */
export const HOLD_MS = 4_000;
const AGAIN_MS = 2_000;
const AGAIN_MAX_MS = 15_000;
/** Answers after which the same batch may be tried again as it is: the hub is away, busy, or the login is. */
const WAITING = new Set([0, 401, 403, 408, 429, 500, 502, 503, 504]);

/** A random name for an event. `randomUUID` is not there on plain http; `getRandomValues` is. */
export function newKey() {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Whether an entry may still be undone. A clock that was put back holds nothing up. @param {Entry} entry */
function held(entry) {
  const age = Date.now() - entry.at;
  return age >= 0 && age < HOLD_MS;
}

/** Run while no other tab sends. Browsers know locks on HTTPS pages only; elsewhere the keys keep doubles out.
 * @param {() => Promise<void>} send */
function alone(send) {
  return navigator.locks ? navigator.locks.request("confhub-tablet-send", send) : send();
}

export class Outbox extends EventTarget {
  /** @type {Entry[]} in order */
  entries = [];
  /** @type {Refused[]} */
  refused = [];
  /** @type {HubError | null} why the last attempt did not get through */
  fault = null;
  /** How many were answered since this page was opened: tells whether the hub's list may be older than they are. */
  answered = 0;
  #timer = 0;
  #delayMs = AGAIN_MS;
  #sending = false;
  #tabs = new BroadcastChannel("confhub-tablet");

  /**
   * @param {import("./store.js").Store} store
   * @param {import("./door.js").Door} door
   */
  constructor(store, door) {
    super();
    this.store = store;
    this.door = door;
    this.#tabs.onmessage = () => this.load().then(() => this.dispatchEvent(new Event("change")));
  }

  /** What the last page left behind, and what other tabs did. */
  async load() {
    if (!this.store.lasting) return;
    this.entries = await this.store.all("outbox");
    this.refused = await this.store.all("refused");
  }

  /** What waits for this page's door. @returns {Entry[]} */
  get own() {
    return this.entries.filter((one) => one.endpoint === this.door.endpoint);
  }

  /** How many of a session wait for this page's door. @param {number} session */
  waiting(session) {
    return this.own.filter((one) => one.session === session).length;
  }

  /** How many wait for another room's login on this tablet. */
  get foreign() {
    return this.entries.length - this.own.length;
  }

  /**
   * Keep events; resolved when they are safe in the browser. Sending follows by itself.
   * @param {Omit<Entry, "key" | "at" | "offset" | "endpoint">[]} wishes
   */
  async add(wishes) {
    const at = Date.now();
    const { offset, endpoint } = this.door;
    const entries = wishes.map((wish) => ({ ...wish, key: newKey(), at, offset, endpoint }));
    await this.store.put("outbox", entries);
    const known = new Set(this.entries.map((one) => one.key));
    this.entries.push(...entries.filter((one) => !known.has(one.key)));
    this.#told();
    window.setTimeout(() => this.flush(), HOLD_MS + 20);
    return entries;
  }

  /**
   * Take entries back that are still held.
   * @param {Entry[]} entries
   * @returns {Promise<boolean>} false where one may be on its way: then nothing is taken back
   */
  async retract(entries) {
    if (!entries.every(held)) return false;
    await this.#drop(entries);
    this.#told();
    return true;
  }

  /** @param {Entry[]} entries */
  async #drop(entries) {
    await this.store.remove("outbox", entries.map((one) => /** @type {number} */ (one.n)));
    const gone = new Set(entries.map((one) => one.key));
    this.entries = this.entries.filter((one) => !gone.has(one.key));
  }

  /** Send what waits, batch after batch, session by session. */
  async flush() {
    window.clearTimeout(this.#timer);
    if (this.#sending || this.#batch().length === 0) return;
    this.#sending = true;
    try {
      await alone(async () => {
        await this.load(); // another tab may have sent some of it
        for (let batch = this.#batch(); batch.length > 0; batch = this.#batch()) await this.#send(batch);
      });
      this.fault = null;
      this.#delayMs = AGAIN_MS;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.fault = error;
      const wished = Math.max(this.#delayMs, 1000 * error.retryAfterS);
      this.#timer = window.setTimeout(() => this.flush(), wished * (1 + Math.random() / 2)); // not all at once
      this.#delayMs = Math.min(this.#delayMs * 2, AGAIN_MAX_MS);
    } finally {
      this.#sending = false;
      this.#told();
    }
    if (!this.fault && this.#batch().length > 0) this.flush(); // its time came while others were being sent
  }

  #batch() {
    const ready = this.own.filter((one) => !held(one));
    return ready.filter((one) => one.session === ready[0].session).slice(0, BATCH_MAX);
  }

  /** @param {Entry[]} batch */
  async #send(batch) {
    let results;
    try {
      const { session } = batch[0];
      results = await this.door.send(session, batch, this.waiting(session) - batch.length);
    } catch (error) {
      if (!(error instanceof HubError) || WAITING.has(error.status)) throw error;
      if (batch.length > 1) { // one of them has a shape that the hub does not read: find out which
        for (const one of batch) await this.#send([one]);
        return;
      }
      results = [{ key: batch[0].key, result: "refused", code: error.code, message: error.message, attendee: null }];
    }
    await this.#settle(batch, results);
  }

  /** @param {Entry[]} batch @param {Result[]} results */
  async #settle(batch, results) {
    const byKey = new Map(results.map((one) => [one.key, one]));
    const answered = batch.filter((one) => byKey.has(one.key));
    if (answered.length === 0) throw new HubError(500, "no_results", "");
    const refused = [];
    const stored = [];
    for (const entry of answered) {
      const result = /** @type {Result} */ (byKey.get(entry.key));
      if (result.result === "refused") {
        refused.push({ ...entry, code: result.code ?? "", message: result.message ?? "", refused_at: Date.now() });
      } else {
        stored.push({ entry, result });
      }
    }
    if (refused.length > 0) await this.store.put("refused", refused); // before they leave the outbox
    await this.#drop(answered);
    this.refused.push(...refused);
    this.answered += answered.length;
    this.dispatchEvent(new CustomEvent("stored", { detail: stored }));
    this.#told();
  }

  /** Take refused events off the list, after somebody has read them. */
  async dismiss() {
    await this.store.remove("refused", this.refused.map((one) => one.key));
    this.refused = [];
    this.#told();
  }

  #told() {
    this.#tabs.postMessage("changed");
    this.dispatchEvent(new Event("change"));
  }
}
