// The grid of hours, days or rooms: EventCalendar (window.EventCalendar, the package's own build), and all that is
// known of it. Hours go in and come out as the house's clocks show them.

import { el } from "../common/dom.js";
import { language } from "../common/page.js";
import { t } from "../common/words.js";
import { addMinutes, offsetText } from "./zone.js";

/** @typedef {import("confhub/api").CalendarEntry} Entry */
/** @typedef {import("./views.js").View} View */

/**
 * @typedef {object} GridEvent
 * @property {string} id
 * @property {string} [title]
 * @property {string} start
 * @property {string} end
 * @property {boolean} allDay
 * @property {string[]} [resourceIds]
 * @property {boolean} [startEditable]
 * @property {boolean} [durationEditable]
 * @property {"background"} [display]
 * @property {string[]} classNames
 * @property {{entry?: Entry, day?: string}} extendedProps
 */

/**
 * @typedef {object} Handlers
 * @property {(entry: Entry) => void} open
 * @property {(day: string) => void} openDay
 * @property {(entry: Entry, wanted: {start: string, length_min: number}, back: () => void) => void} move
 * @property {(start: string, lengthMin: number | null, room: string | null) => void} plan null: a day was chosen, no hour
 */

/** @type {Record<Exclude<View, "list">, string>} */
const NAMES = { day: "timeGridDay", week: "timeGridWeek", month: "dayGridMonth", rooms: "resourceTimelineDay" };
const LONG_PRESS_MS = 400;
const locale = language === "en" ? "en-GB" : language;
const HOURS = /** @type {const} */ ({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const WEEKDAY = new Intl.DateTimeFormat(locale, { weekday: "short", day: "2-digit", month: "2-digit" });

/** @param {any} duration of the package */
const minutesOf = (duration) => Math.round((duration.days * 86_400 + duration.seconds) / 60);

/** A date of the package: its local hours are the ones shown. @param {Date} date */
function dayOf(date) {
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

export class Grid {
  /** @type {Map<string, string>} day → name of the day off */
  #off = new Map();

  /**
   * @param {HTMLElement} place
   * @param {boolean} mayPlan
   * @param {Exclude<View, "list">} view the first that is shown
   * @param {string} day
   * @param {Handlers} handlers
   */
  constructor(place, mayPlan, view, day, handlers) {
    this.place = place;
    this.handlers = handlers;
    const calendar = /** @type {any} */ (window).EventCalendar;
    this.calendar = calendar.create(place, {
      view: NAMES[view],
      date: day,
      headerToolbar: { start: "", center: "", end: "" },
      locale,
      timeZone: offsetText(Date.now()),
      firstDay: 1,
      height: "max(28rem, calc(100vh - 17rem))",
      scrollTime: "07:00:00",
      slotDuration: "00:30:00",
      snapDuration: "00:15:00",
      slotLabelFormat: HOURS,
      eventTimeFormat: HOURS,
      slotWidth: 40,
      nowIndicator: true,
      slotEventOverlap: false,
      editable: true,
      selectable: mayPlan,
      longPressDelay: LONG_PRESS_MS,
      allDayContent: { domNodes: [] },
      events: [],
      views: {
        [NAMES.month]: { height: "auto", eventDurationEditable: false },
        [NAMES.rooms]: { displayEventEnd: false, slotHeight: 48 },
      },
      dayHeaderFormat: (/** @type {Date} */ date) => this.#head(date),
      dayCellContent: (/** @type {{allDay: boolean, date: Date}} */ cell) => this.#cell(cell),
      eventContent: (/** @type {any} */ info) => content(info),
      eventClick: (/** @type {any} */ info) => {
        info.jsEvent.preventDefault(); // a key would go on to press what has the focus next
        this.#clicked(info.event.extendedProps);
      },
      eventDrop: (/** @type {any} */ info) => this.#dropped(info, minutesOf(info.delta), 0),
      eventResize: (/** @type {any} */ info) => this.#dropped(info, 0, minutesOf(info.endDelta)),
      dragConstraint: (/** @type {any} */ info) => !info.newResource,
      select: (/** @type {any} */ info) => this.#selected(info),
      eventAllUpdated: () => plain(place),
      resourceLabelContent: (/** @type {any} */ info) => label(info.resource),
    });
  }

  /**
   * @param {Exclude<View, "list">} view
   * @param {string} day
   * @param {GridEvent[]} events
   * @param {Map<string, string>} daysOff
   * @param {import("confhub/api").CalendarRoom[]} rooms
   */
  show(view, day, events, daysOff, rooms) {
    this.#off = daysOff;
    const { calendar } = this;
    calendar.setOption("events", []); // so that nothing is laid out into days that are about to go
    if (calendar.getOption("view") !== NAMES[view]) calendar.setOption("view", NAMES[view]);
    if (view === "rooms") {
      calendar.setOption("resources", rooms.map((room) => ({ id: String(room.id), title: room.name, extendedProps: { room } })));
    }
    calendar.setOption("date", day);
    calendar.setOption("dayHeaderFormat", (/** @type {Date} */ date) => this.#head(date)); // the days off are others
    calendar.setOption("dayCellContent", (/** @type {{allDay: boolean, date: Date}} */ cell) => this.#cell(cell));
    calendar.setOption("events", events);
    requestAnimationFrame(() => plain(this.place));
  }

  /** Forget what was marked for a new session. */
  unselect() {
    this.calendar.unselect();
  }

  /** @param {Date} date */
  #head(date) {
    if (this.calendar?.getOption("view") === NAMES.month) return new Intl.DateTimeFormat(locale, { weekday: "short" }).format(date);
    const off = this.#off.get(dayOf(date));
    return { domNodes: [el("span", {}, WEEKDAY.format(date)), off ? el("span", { class: "cal-off-name" }, off) : ""] };
  }

  /** @param {{allDay: boolean, date: Date}} cell */
  #cell(cell) {
    if (!cell.allDay || this.calendar?.getOption("view") !== NAMES.month) return undefined;
    const off = this.#off.get(dayOf(cell.date));
    return { domNodes: [el("span", {}, String(cell.date.getDate())), off ? el("span", { class: "cal-off-name" }, off) : ""] };
  }

  /** @param {{entry?: Entry, day?: string}} props */
  #clicked({ entry, day }) {
    if (entry) this.handlers.open(entry);
    else if (day) this.handlers.openDay(day);
  }

  /** @param {any} info @param {number} laterMin @param {number} longerMin */
  #dropped(info, laterMin, longerMin) {
    const entry = /** @type {Entry} */ (info.event.extendedProps.entry);
    const start = addMinutes(entry.wall, laterMin);
    this.handlers.move(entry, { start, length_min: entry.length_min + longerMin }, () => info.revert());
  }

  /** @param {any} info */
  #selected(info) {
    const room = info.resource ? String(info.resource.id) : null;
    if (info.allDay) return this.handlers.plan(info.startStr.slice(0, 10), null, room);
    const lengthMin = Math.round((Date.parse(`${info.endStr.slice(0, 16)}Z`) - Date.parse(`${info.startStr.slice(0, 16)}Z`)) / 60_000);
    return this.handlers.plan(info.startStr.slice(0, 16), lengthMin, room);
  }
}

/** @param {any} info */
function content(info) {
  const { entry, day } = info.event.extendedProps;
  if (day) return { domNodes: [el("span", { class: "cal-title" }, info.event.title)] };
  if (!entry) return { domNodes: info.timeText ? [el("span", { class: "cal-time" }, info.timeText)] : [] }; // being marked
  const nodes = [el("span", { class: "cal-time" }, info.timeText), el("span", { class: "cal-title" }, entry.title)];
  if (entry.state === "draft") nodes.push(el("span", { class: "visually-hidden" }, t("draft")));
  return { domNodes: nodes };
}

/** @param {any} resource */
function label(resource) {
  const { room } = resource.extendedProps;
  if (!room) return undefined;
  const buffers = room.setup_min || room.clear_min ? t("buffers", { before: room.setup_min, after: room.clear_min }) : "";
  return { domNodes: [
    el("span", { class: "cal-room" }, room.name),
    el("span", { class: "cal-room-unit" }, [room.unit_name, buffers].filter(Boolean).join(" · ")),
  ] };
}

/**
 * The package says "table" and "row" of boxes that stand in no such order, which screen readers cannot follow: days and
 * rooms are headings here, and each session says its hours by itself.
 * @param {HTMLElement} place
 */
function plain(place) {
  for (const one of place.querySelectorAll("[role=table], [role=row], [role=rowgroup], [role=cell], [role=columnheader], [role=rowheader]")) {
    one.removeAttribute("role");
    one.removeAttribute("aria-colindex");
    one.removeAttribute("aria-colspan");
  }
  for (const one of place.querySelectorAll("time[aria-label]")) one.removeAttribute("aria-label");
  place.querySelector(".ec-main")?.setAttribute("tabindex", "0"); // it scrolls
}
