import assert from "node:assert/strict";
import { test } from "node:test";

import { texts } from "./browser.mjs";

texts.set("words", JSON.stringify({ more_of_day: "+{count} phiên nữa" }));
const { events } = await import("../../../web/static/js/calendar/entries.js");
const { days, title, turned } = await import("../../../web/static/js/calendar/views.js");
const { addMinutes, moment, monday, offsetText, wall } = await import("../../../web/static/js/calendar/zone.js");

test("hours are those of the house's clocks, there and back", () => {
  const at = Date.parse("2027-02-02T17:30:00Z");
  assert.equal(wall(at), "2027-02-03T00:30");
  assert.equal(moment("2027-02-03T00:30"), at);
  assert.equal(moment("2027-02-03"), Date.parse("2027-02-02T17:00:00Z"));
  assert.equal(offsetText(at), "+07:00");
  assert.equal(addMinutes("2027-02-28T23:45", 30), "2027-03-01T00:15");
});

test("weeks begin on Monday, and a month shows whole weeks", () => {
  assert.equal(monday("2027-02-07"), "2027-02-01", "a Sunday ends its week");
  assert.deepEqual(days("week", "2027-02-07"), ["2027-02-01", "2027-02-08"]);
  assert.deepEqual(days("month", "2027-02-15"), ["2027-02-01", "2027-03-01"]);
  assert.deepEqual(days("month", "2026-08-31"), ["2026-07-27", "2026-09-07"]);
  assert.deepEqual(days("rooms", "2026-12-31"), ["2026-12-31", "2027-01-01"]);
});

test("a month on from the 31st is the next month", () => {
  assert.equal(turned("month", "2027-01-31", 1), "2027-02-01");
  assert.equal(turned("month", "2027-01-31", -1), "2026-12-01");
  assert.equal(turned("week", "2027-01-01", -1), "2026-12-25");
});

test("what stands over the calendar is said in the reader's language", () => {
  assert.equal(title("day", "2027-02-02"), "Thứ Ba, 02/02/2027");
  assert.equal(title("week", "2027-02-03"), "01/02/2027 – 07/02/2027");
});

/** @param {number} id @param {Partial<import("confhub/api").CalendarEntry>} [changed] @returns {any} */
const entry = (id, changed = {}) => ({
  id, title: `Họp ${id}`, state: "scheduled", fixed: null, starts_at: "2027-02-02T01:00:00Z", ends_at: "2027-02-02T02:00:00Z", ...changed,
});

test("five thousand sessions of a month become four a day and a line that counts the others", () => {
  const many = Array.from({ length: 5_000 }, (_, id) => entry(id, { starts_at: `2027-02-${String(1 + (id % 28)).padStart(2, "0")}T01:00:00Z` }));
  const drawn = events(many, "month", [], new Map());
  assert.equal(drawn.length, 28 * 5);
  const rest = drawn.filter((one) => one.id.startsWith("more-"));
  assert.equal(rest.length, 28);
  const shown = drawn.length - rest.length;
  const counted = rest.reduce((sum, one) => sum + Number(/\+(\d+)/.exec(one.title ?? "")?.[1]), 0);
  assert.equal(shown + counted, 5_000);
});

test("the week draws four at the same time, and goes on with what begins after them", () => {
  const at = (/** @type {number} */ id, /** @type {string} */ hour) => entry(id, {
    starts_at: `2027-02-02T${hour}:00:00Z`, ends_at: `2027-02-02T${String(Number(hour) + 1).padStart(2, "0")}:00:00Z`,
  });
  const many = [..."123456"].map((id) => at(Number(id), "01"));
  const drawn = events([...many, at(7, "02")], "week", [], new Map());
  assert.deepEqual(drawn.map((one) => one.id), ["1", "2", "3", "4", "7", "more-2027-02-02"]);
  assert.equal(drawn[5].title, "+2 phiên nữa");
});

test("what is fixed can be neither dragged nor stretched, and a day off is a ground", () => {
  const [free, fixed, off] = events([entry(1), entry(2, { fixed: "over" })], "week", ["2027-02-05"], new Map());
  assert.deepEqual([free.startEditable, free.durationEditable], [true, true]);
  assert.deepEqual([fixed.startEditable, fixed.durationEditable], [false, false]);
  assert.deepEqual([off.display, off.start, off.end, off.allDay], ["background", "2027-02-05", "2027-02-06", true]);
});

test("the timeline draws a session in each of its rooms, without a bound", () => {
  const drawn = events(Array.from({ length: 300 }, (_, id) => entry(id)), "rooms", ["2027-02-02"], new Map([[7, [3, 4]]]));
  assert.equal(drawn.length, 300);
  assert.deepEqual(drawn[7].resourceIds, ["3", "4"]);
});
