// The calendar's views: which days each shows around a day, how far the next one lies, and what it is called.

import { language } from "../common/page.js";
import { addDays, monday } from "./zone.js";

/** @typedef {"day" | "week" | "month" | "list" | "rooms"} View */

/** @type {View[]} */
export const VIEWS = ["day", "week", "month", "list", "rooms"];

const LIST_DAYS = 14;

/**
 * The days that are shown: the first, and the one after the last.
 * @param {View} view
 * @param {string} day
 * @returns {[string, string]}
 */
export function days(view, day) {
  if (view === "day" || view === "rooms") return [day, addDays(day, 1)];
  if (view === "list") return [day, addDays(day, LIST_DAYS)];
  if (view === "week") return [monday(day), addDays(monday(day), 7)];
  const last = addDays(month(day, 1), -1);
  return [monday(month(day, 0)), addDays(monday(last), 7)];
}

/**
 * The day around which the next stretch lies, or with -1 the one before.
 * @param {View} view
 * @param {string} day
 * @param {1 | -1} step
 */
export function turned(view, day, step) {
  if (view === "month") return month(day, step);
  return addDays(day, step * { day: 1, rooms: 1, week: 7, list: LIST_DAYS }[view]);
}

/** The first of the day's month, or of one so many months on. @param {string} day @param {number} months */
function month(day, months) {
  const [year, number] = day.split("-").map(Number);
  return new Date(Date.UTC(year, number - 1 + months, 1)).toISOString().slice(0, 10);
}

const utc = /** @type {const} */ ({ timeZone: "UTC" });
const locale = language === "en" ? "en-GB" : language;
const LONG = new Intl.DateTimeFormat(locale, { ...utc, weekday: "long", day: "2-digit", month: "2-digit", year: "numeric" });
const SHORT = new Intl.DateTimeFormat("en-GB", { ...utc, day: "2-digit", month: "2-digit", year: "numeric" });
const MONTH = new Intl.DateTimeFormat(locale, { ...utc, month: "long", year: "numeric" });

/** `Thứ Ba, 02/02/2027`. @param {string} day */
export function dayText(day) {
  const text = LONG.format(new Date(`${day}T00:00Z`));
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What stands over the calendar. @param {View} view @param {string} day */
export function title(view, day) {
  if (view === "day" || view === "rooms") return dayText(day);
  if (view === "month") {
    const text = MONTH.format(new Date(`${day}T00:00Z`));
    return text.charAt(0).toUpperCase() + text.slice(1);
  }
  const [first, end] = days(view, day);
  return `${SHORT.format(new Date(`${first}T00:00Z`))} – ${SHORT.format(new Date(`${addDays(end, -1)}T00:00Z`))}`;
}
