// Sessions as the grid takes them. A day shows as many as can be read; the others are one line "+n", which opens that
// day's list: thousands in view are neither drawn nor looked through.

import { t } from "../common/words.js";
import { addDays, wall } from "./zone.js";

/** @typedef {import("confhub/api").CalendarEntry} Entry */
/** @typedef {import("./views.js").View} View */

/** Sessions that a day of the view shows. The timeline's rooms are paged, so that it needs no bound of its own. */
export const SHOWN_A_DAY = { day: 150, week: 40, month: 4, list: Infinity, rooms: Infinity };

/**
 * The grid's events: sessions, one "+n" a day, and the days off as backgrounds.
 * @param {Entry[]} entries by start
 * @param {View} view
 * @param {string[]} daysOff
 * @param {Map<number, number[]>} rooms of each session, for the timeline
 * @returns {import("./grid.js").GridEvent[]}
 */
export function events(entries, view, daysOff, rooms) {
  const most = SHOWN_A_DAY[view];
  /** @type {Map<string, number>} */
  const counts = new Map();
  /** @type {import("./grid.js").GridEvent[]} */
  const found = [];
  for (const entry of entries) {
    const start = wall(Date.parse(entry.starts_at));
    const day = start.slice(0, 10);
    const count = (counts.get(day) ?? 0) + 1;
    counts.set(day, count);
    if (count <= most) found.push(event(entry, start, rooms.get(entry.id) ?? []));
  }
  for (const [day, count] of counts) if (count > most) found.push(rest(day, count - most, view));
  if (view === "rooms") return found;
  return [...found, ...daysOff.map((day) => ({
    id: `off-${day}`, start: day, end: addDays(day, 1), allDay: true, display: /** @type {const} */ ("background"),
    classNames: ["cal-off"], extendedProps: {},
  }))];
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
