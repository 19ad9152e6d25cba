// Moments and lengths of time as people read them, in the hub's time zone and the page's language.

import { language, timeZone } from "./page.js";

const CLOCK = new Intl.DateTimeFormat(language, {
  timeZone,
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

/**
 * `14:03:07` in the hub's zone.
 * @param {string | number | Date} moment ISO 8601, milliseconds or a Date
 */
export function clockTime(moment) {
  return CLOCK.format(new Date(moment));
}

const DAY_SHORT = new Intl.DateTimeFormat("en-GB", { timeZone, day: "2-digit", month: "2-digit" });

/** `14:03` in the hub's zone. @param {string | number | Date} moment */
export function clockShort(moment) {
  return clockTime(moment).slice(0, 5);
}

/** `22/11` in the hub's zone. @param {string | number | Date} moment */
export function dayShort(moment) {
  return DAY_SHORT.format(new Date(moment));
}

const DAY = new Intl.DateTimeFormat(language, { timeZone, day: "2-digit", month: "2-digit", year: "numeric" });

/**
 * `14:03:07` of the same day in the hub's zone; of another day with its date.
 * @param {string | number | Date} moment
 * @param {string | number | Date} now by the hub's clock
 */
export function momentText(moment, now) {
  const [then, today] = [DAY.format(new Date(moment)), DAY.format(new Date(now))];
  return then === today ? clockTime(moment) : `${clockShort(moment)}, ${then}`;
}

/**
 * `7:05`, or `1:07:05` from an hour on. Negative lengths count as nothing.
 * @param {number} seconds
 */
export function lengthText(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** The hub's clock as this page knows it: corrected by what the hub said last, never by the reader's clock. */
export class HubClock {
  #offsetMs = 0;

  /** @param {string} hubTime ISO 8601, the hub's clock at the moment of the answer */
  set(hubTime) {
    this.#offsetMs = new Date(hubTime).getTime() - Date.now();
  }

  /** Milliseconds since 1970 by the hub's clock. */
  now() {
    return Date.now() + this.#offsetMs;
  }
}
