// Hours as the house's clocks show them: `wall` is "2027-02-02T08:00", a day its first ten letters, whatever zone the
// browser stands in. Days are reckoned in UTC, where each has 24 hours.

import { timeZone } from "../common/page.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PARTS = new Intl.DateTimeFormat("en-GB", {
  timeZone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});

/** @type {Map<number, number>} the zone's distance from UTC by hour since 1970: asked for thousands of sessions */
const offsets = new Map();

/** Milliseconds that the house's clocks are ahead of UTC. @param {number} ms since 1970 */
export function offsetAt(ms) {
  const hour = Math.floor(ms / HOUR_MS);
  let found = offsets.get(hour);
  if (found === undefined) {
    /** @type {Record<string, number>} */
    const said = {};
    for (const { type, value } of PARTS.formatToParts(hour * HOUR_MS)) said[type] = Number(value);
    found = Date.UTC(said.year, said.month - 1, said.day, said.hour, said.minute) - hour * HOUR_MS;
    offsets.set(hour, found);
  }
  return found;
}

/** What the house's clocks show. @param {number} ms since 1970 */
export function wall(ms) {
  return new Date(ms + offsetAt(ms)).toISOString().slice(0, 16);
}

/** The moment at which the house's clocks show it, in milliseconds since 1970. @param {string} shown a wall or a day */
export function moment(shown) {
  const ms = Date.parse(`${shown.length === 10 ? `${shown}T00:00` : shown.slice(0, 16)}Z`);
  return ms - offsetAt(ms - offsetAt(ms));
}

/** @param {string} day @param {number} days */
export function addDays(day, days) {
  return new Date(Date.parse(`${day}T00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** @param {string} shown a wall @param {number} minutes */
export function addMinutes(shown, minutes) {
  return new Date(Date.parse(`${shown}Z`) + minutes * 60_000).toISOString().slice(0, 16);
}

/** The Monday of the day's week. @param {string} day */
export function monday(day) {
  return addDays(day, -((new Date(`${day}T00:00Z`).getUTCDay() + 6) % 7));
}

/** `+07:00`, as it is at a moment. @param {number} ms */
export function offsetText(ms) {
  const minutes = Math.round(offsetAt(ms) / 60_000);
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
}
