// Sessions as the grid takes them. A day shows as many as can be read; the others are one line "+n", which opens that
// day's list: thousands in view are neither drawn nor looked through.

import { t } from "../common/words.js";
import { addDays, wall } from "./zone.js";

/** @typedef {import("confhub/api").CalendarEntry} Entry */
/** @typedef {import("./views.js").View} View */

/** Sessions that a day of the month shows. */
const SHOWN_A_DAY = 4;
/** Sessions at the same time that can be read beside each other. The timeline's rooms are paged, and need no bound. */
const BESIDE = { day: 12, week: 4, month: Infinity, list: Infinity, rooms: Infinity };

/**
 * The grid's events: sessions, one "+n" a day, and the days off as backgrounds.
 * @param {Entry[]} entries by start
 * @param {View} view
 * @param {string[]} daysOff
 * @param {Map<number, number[]>} rooms of each session, for the timeline
 * @returns {import("./grid.js").GridEvent[]}
 */
export function events(entries, view, daysOff, rooms) {
  /** @type {Map<string, {shown: number[], left: number}>} ends of what a day shows, and how many it does not */
  const held = new Map();
  /** @type {import("./grid.js").GridEvent[]} */
  const found = [];
  for (const entry of entries) {
    const start = wall(Date.parse(entry.starts_at));
    const day = start.slice(0, 10);
    const there = held.get(day) ?? { shown: [], left: 0 };
    held.set(day, there);
    if (fits(view, entry, there.shown)) {
      there.shown.push(Date.parse(entry.ends_at));
      found.push(event(entry, start, rooms.get(entry.id) ?? []));
    } else there.left += 1;
  }
  for (const [day, { left }] of held) if (left) found.push(rest(day, left, view));
  if (view === "rooms") return found;
  return [...found, ...daysOff.map((day) => ({
    id: `off-${day}`, start: day, end: addDays(day, 1), allDay: true, display: /** @type {const} */ ("background"),
    classNames: ["cal-off"], extendedProps: {},
  }))];
}

/** @param {View} view @param {Entry} entry @param {number[]} shown */
function fits(view, entry, shown) {
  if (view === "month") return shown.length < SHOWN_A_DAY;
  const start = Date.parse(entry.starts_at);
  return BESIDE[view] === Infinity || shown.reduce((beside, end) => beside + Number(end > start), 0) < BESIDE[view];
}

/** @param {Entry} entry @param {string} start @param {number[]} rooms */
function event(entry, start, rooms) {
  const movable = entry.fixed === null;
  return {
    id: String(entry.id),
    title: entry.title,
    start: `${start}:00`,
    end: `${wall(Date.parse(entry.ends_at))}:00`,
    allDay: false,
    resourceIds: rooms.map(String),
    startEditable: movable,
    durationEditable: movable,
    classNames: [`cal-${entry.state}`, ...(movable ? [] : ["cal-fixed"])],
    extendedProps: { entry },
  };
}

/** @param {string} day @param {number} count @param {View} view */
function rest(day, count, view) {
  const allDay = view !== "month";
  return {
    id: `more-${day}`,
    title: t("more_of_day", { count }),
    start: allDay ? day : `${day}T23:59:00`,
    end: allDay ? addDays(day, 1) : `${day}T23:59:59`,
    allDay,
    startEditable: false,
    durationEditable: false,
    classNames: ["cal-more"],
    extendedProps: { day },
  };
}
