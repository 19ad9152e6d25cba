// The calendar's page: what its address says is shown, and what is chosen stands in its address.

import { byId, setText } from "../common/dom.js";
import { HubError, call } from "../common/http.js";
import { dataBlock } from "../common/page.js";
import { toast } from "../common/toast.js";
import { t } from "../common/words.js";
import { Combo } from "../sessions/combo.js";
import { EntryWindow } from "./entry.js";
import { events } from "./entries.js";
import { Grid } from "./grid.js";
import { List } from "./list.js";
import { move } from "./moving.js";
import { VIEWS, days, title, turned } from "./views.js";
import { moment, wall } from "./zone.js";

/** @typedef {import("confhub/api").CalendarEntry} Entry */
/** @typedef {import("./views.js").View} View */

const NARROW = "(max-width: 767.98px)";
const ROOMS_A_PAGE = 50;

const config = dataBlock("calendar");
const unitField = /** @type {HTMLSelectElement} */ (byId("cal-unit"));
const personField = /** @type {HTMLSelectElement} */ (byId("cal-person"));
const room = new Combo("cal-room", config.rooms);

/** @type {{view: View, day: string, unit: string, room: string, person: string, page: number}} */
let state = read();
let asked = 0;
/** @type {Map<number, string>} everybody who planned something that was in view */
const people = new Map(config.person ? [[config.person[0], config.person[1]]] : []);

const list = new List(byId("cal-list"), (entry) => window_.open(entry));
const window_ = new EntryWindow(async (entry, wanted) => {
  const moved = await move(entry, wanted);
  if (moved) void load();
  return moved;
});
/** @type {Grid | null} made when it is first shown: not for a phone, which has the list */
let grid = null;

function read() {
  const said = new URL(window.location.href).searchParams;
  const view = /** @type {View} */ (said.get("view"));
  const day = said.get("date") ?? "";
  return {
    view: VIEWS.includes(view) ? view : /** @type {View} */ (matchMedia(NARROW).matches ? "list" : "week"),
    day: isDay(day) ? day : config.today,
    unit: said.get("unit_id") ?? "",
    room: said.get("endpoint_id") ?? "",
    person: said.get("organizer_id") ?? "",
    page: Number(said.get("page")) || 1,
  };
}

/** @param {string} text */
function isDay(text) {
  return text.length === 10 && !Number.isNaN(Date.parse(`${text}T00:00Z`));
}

/** @param {Partial<typeof state>} changes */
function go(changes) {
  state = { ...state, page: 1, ...changes };
  const address = new URL(window.location.href);
  const said = { view: state.view, date: state.day, unit_id: state.unit, endpoint_id: state.room, organizer_id: state.person,
    page: state.page > 1 ? String(state.page) : "" };
  for (const [name, value] of Object.entries(said)) {
    if (value) address.searchParams.set(name, value);
    else address.searchParams.delete(name);
  }
  window.history.pushState(null, "", address);
  show();
  void load();
}

/** Everything but the sessions. */
function show() {
  for (const button of document.querySelectorAll("[data-view]")) {
    const here = button instanceof HTMLElement && button.dataset.view === state.view;
    button.classList.toggle("active", here);
    button.setAttribute("aria-pressed", String(here));
  }
  setText(byId("cal-title"), title(state.view, state.day));
  unitField.value = state.unit;
  room.value.value = state.room;
  room.offer(config.rooms);
  showPeople();
  byId("cal-list").hidden = state.view !== "list";
  byId("cal-grid").hidden = state.view === "list";
  const plan = document.getElementById("cal-plan");
  if (plan instanceof HTMLAnchorElement) plan.href = planAddress(state.day, null, null);
}

function showPeople() {
  const options = [...people].sort(([, one], [, other]) => one.localeCompare(other, "vi"));
  personField.replaceChildren(new Option(t("everybody"), ""), ...options.map(([id, name]) => new Option(name, String(id))));
  personField.value = state.person;
}

async function load() {
  asked += 1;
  const number = asked;
  const [first, end] = days(state.view, state.day);
  const query = {
    since: new Date(moment(first)).toISOString(),
    until: new Date(moment(end)).toISOString(),
    unit_id: Number(state.unit) || undefined,
    endpoint_id: Number(state.room) || undefined,
  };
  byId("cal-body").setAttribute("aria-busy", "true");
  try {
    const found = state.view === "rooms"
      ? await call("GET", "/api/v1/calendar/rooms", { query: { ...query, page: state.page, size: ROOMS_A_PAGE } })
      : await call("GET", "/api/v1/calendar", { query });
    if (number === asked) draw(found);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    if (number === asked) toast(error.message || t("no_answer"), "danger");
  } finally {
    if (number === asked) byId("cal-body").removeAttribute("aria-busy");
  }
}

/** @param {any} found either answer */
function draw(found) {
  /** @type {Entry[]} */
  const all = found.entries.map((/** @type {Entry} */ entry) => ({ ...entry, wall: wall(Date.parse(entry.starts_at)) }));
  for (const entry of all) if (entry.organizer_id !== null && entry.organizer_name) people.set(entry.organizer_id, entry.organizer_name);
  showPeople();
  const entries = state.person ? all.filter((entry) => String(entry.organizer_id) === state.person) : all;
  /** @type {Map<string, string>} */
  const off = new Map(found.days_off.map((/** @type {{day: string, name: string}} */ one) => [one.day, one.name]));
  byId("cal-too-many").hidden = !found.more;
  setText(byId("cal-count"), t("count", { count: entries.length }));
  pages(found.total ?? 0, found.rooms?.length ?? 0);
  if (state.view === "list") return list.show(entries, off);
  const { view, day } = state;
  grid ??= new Grid(byId("cal-grid"), config.may_plan, view, day, { open: (entry) => window_.open(entry), openDay, move: moveInGrid, plan });
  /** @type {Map<number, number[]>} */
  const rooms = new Map();
  for (const hold of found.holds ?? []) rooms.set(hold.session_id, [...(rooms.get(hold.session_id) ?? []), hold.endpoint_id]);
  return grid.show(view, day, events(entries, view, [...off.keys()], rooms), off, found.rooms ?? []);
}

/** The timeline's pages. @param {number} total @param {number} here */
function pages(total, here) {
  const many = state.view === "rooms" && total > ROOMS_A_PAGE;
  byId("cal-pages").hidden = !many;
  if (!many) return;
  const before = (state.page - 1) * ROOMS_A_PAGE;
  setText(byId("cal-pages-note"), t("rooms_of", { first: before + 1, last: before + here, total }));
  /** @type {HTMLButtonElement} */ (byId("cal-pages-back")).disabled = state.page === 1;
  /** @type {HTMLButtonElement} */ (byId("cal-pages-on")).disabled = before + here >= total;
}

/** @param {Entry} entry @param {{start: string, length_min: number}} wanted @param {() => void} back */
async function moveInGrid(entry, wanted, back) {
  if (await move(entry, wanted)) void load();
  else back();
}

/** @param {string} day */
function openDay(day) {
  go({ view: "list", day });
}

/** @param {string} start a day or a day with its hour @param {number | null} lengthMin @param {string | null} place */
function planAddress(start, lengthMin, place) {
  const said = new URLSearchParams({ start_date: start.slice(0, 10) });
  if (start.length > 10) said.set("start_time", start.slice(11, 16));
  if (lengthMin) said.set("length_min", String(lengthMin));
  if (state.unit) said.set("unit_id", state.unit);
  if (place ?? state.room) said.set("room", place ?? state.room);
  return `/sessions/new?${said}`;
}

/** @param {string} start @param {number | null} lengthMin @param {string | null} place */
function plan(start, lengthMin, place) {
  window.location.assign(planAddress(start, lengthMin, place));
}

for (const button of document.querySelectorAll("[data-view]")) {
  button.addEventListener("click", () => go({ view: /** @type {View} */ (/** @type {HTMLElement} */ (button).dataset.view) }));
}
byId("cal-back").addEventListener("click", () => go({ day: turned(state.view, state.day, -1) }));
byId("cal-on").addEventListener("click", () => go({ day: turned(state.view, state.day, 1) }));
byId("cal-today").addEventListener("click", () => go({ day: config.today }));
byId("cal-pages-back").addEventListener("click", () => go({ page: state.page - 1 }));
byId("cal-pages-on").addEventListener("click", () => go({ page: state.page + 1 }));
unitField.addEventListener("change", () => go({ unit: unitField.value }));
personField.addEventListener("change", () => go({ person: personField.value }));
room.onChange = () => go({ room: room.value.value });
window.addEventListener("popstate", () => {
  state = read();
  show();
  void load();
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) grid?.unselect();
});

show();
void load();
