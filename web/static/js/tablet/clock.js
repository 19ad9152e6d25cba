// How far the hub's clock is ahead of this tablet's: the quickest of several round trips counts, as in NTP (RFC 5905,
// section 8), and how long an answer took says nothing. Kept over reloads; a clock that was set is measured anew.

/**
 * One round trip, in milliseconds since 1970.
 * @typedef {object} Trip
 * @property {number} asked by the tablet's clock
 * @property {number} received by the hub's
 * @property {number} answered by the hub's
 * @property {number} heard by the tablet's clock
 * @property {number} skew what the tablet's clock was ahead of the browser's steady one
 */

/** @typedef {{asked: number, received: number, answered: number, heard: number}} Stamps */

const KEPT = "confhub-clock";
const SEVERAL = 4;
const EVERY_MS = 30_000;
/** What a cheap quartz loses or gains: so fast an old round trip becomes worse than a new one. */
const DRIFT = 50e-6;
/** A clock that is adjusted smoothly moves less between two looks. */
const JUMP_MS = 500;
/** A round trip that leaves more in doubt proves nothing. */
const DOUBT_MAX_MS = 15_000;

/** What the wall clock is ahead of the one that nobody sets. After a sleep it may be further ahead, too. */
function skew() {
  return Date.now() - (performance.timeOrigin + performance.now());
}

/** @param {Trip} trip */
function offsetOf(trip) {
  return (trip.received - trip.asked + (trip.answered - trip.heard)) / 2;
}

/** How far off that may be by now. @param {Trip} trip */
function doubt(trip) {
  const length = trip.heard - trip.asked - (trip.answered - trip.received);
  return Math.max(0, length) / 2 + Math.max(0, Date.now() - trip.heard) * DRIFT;
}

export class Clock {
  /** @type {Trip | null} */
  #trip = null;
  #measured = 0;
  /** @type {Promise<void> | null} */
  #measuring = null;

  /** @param {() => Promise<Stamps>} ask one question to the hub; rejects where it does not answer */
  constructor(ask) {
    this.ask = ask;
    this.#trip = this.#kept();
  }

  /** What the hub's clock is ahead; null where nobody knows, or where the tablet's clock was set since. */
  get offset() {
    const trip = this.#trip;
    if (!trip) return null;
    if (Math.abs(skew() - trip.skew) > JUMP_MS || doubt(trip) > DOUBT_MAX_MS) {
      this.forget();
      return null;
    }
    const offset = offsetOf(trip);
    return Math.abs(offset) > doubt(trip) ? offset : 0;
  }

  /** The round trip as the hub reads it. */
  stated() {
    if (this.offset === null) return null;
    const { asked, received, answered, heard } = /** @type {Trip} */ (this.#trip);
    /** @param {number} moment */
    const iso = (moment) => new Date(moment).toISOString();
    return { asked_at: iso(asked), received_at: iso(received), answered_at: iso(answered), heard_at: iso(heard) };
  }

  /** Ask where it is due: some times at first, later once in a while. Rejects where the hub does not answer. */
  async measure() {
    this.#measuring ??= this.#several().finally(() => { this.#measuring = null; });
    return this.#measuring;
  }

  async #several() {
    const known = this.offset !== null;
    if (known && performance.now() - this.#measured < EVERY_MS && this.#measured > 0) return;
    for (let n = known && this.#measured > 0 ? 1 : SEVERAL; n > 0; n -= 1) this.learn({ ...(await this.ask()), skew: skew() });
    this.#measured = performance.now();
  }

  /** @param {Trip} trip */
  learn(trip) {
    if (trip.heard < trip.asked || Number.isNaN(trip.received + trip.answered)) return; // the clock was set meanwhile
    const known = this.offset !== null && this.#trip;
    // Of two that cannot both be true the newer counts: somebody set the hub's clock in between.
    const apart = known && Math.abs(offsetOf(trip) - offsetOf(known)) > doubt(trip) + doubt(known);
    if (!known || apart || doubt(trip) <= doubt(known)) this.#trip = trip;
    this.keep();
  }

  /** The page goes: what is known now is for the next one. */
  leave() {
    if (this.offset !== null) this.keep();
  }

  forget() {
    this.#trip = null;
    this.#measured = 0;
    this.keep();
  }

  /** Keep it for the next page. `seen`: the next page's clock may not show less. */
  keep() {
    try {
      if (this.#trip) localStorage.setItem(KEPT, JSON.stringify({ trip: this.#trip, seen: Date.now() }));
      else localStorage.removeItem(KEPT);
    } catch { /* a browser that keeps nothing: the next page measures anew */ }
  }

  /** What the last page knew, unless the clock was set since. A browser that was started anew has a steady clock of
   * its own (`skew` is nothing): then only a clock that was put back shows. @returns {Trip | null} */
  #kept() {
    try {
      const { trip, seen } = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
      if (!trip || !(Date.now() >= seen)) return null;
      const now = skew();
      if (Math.abs(now - trip.skew) <= JUMP_MS) return trip;
      return Math.abs(now) <= JUMP_MS ? { ...trip, skew: now } : null;
    } catch {
      return null;
    }
  }
}
