// The form of a session: the tree of rooms, which follows the date, and the chair's field.

import { Choice } from "./choice.js";
import { Combo } from "./combo.js";
import { byId, setText } from "../common/dom.js";
import { HubError, request } from "../common/http.js";
import { Picker } from "./picker.js";
import { armRepetition } from "./repetition.js";
import { dataBlock } from "../common/page.js";
import { t } from "../common/words.js";

/**
 * @typedef {import("./choice.js").Unit} Unit
 * @typedef {import("./choice.js").Room} Room
 * @typedef {import("./choice.js").Chosen} Chosen
 * @typedef {{units: Unit[], tiers: [number, string][], rooms: Room[], chairs: Room[], left_out: string}} Offer
 */

/** @type {Chosen} everything wished for, on this day's list or not: another day may have it again */
let wished = dataBlock("chosen");
/** @type {Offer} */
let offer = dataBlock("picker");
const picker = new Picker();
const chair = new Combo("chair", offer.chairs);

/** The part of the wishes that exists on the form's day, and the rest. */
function split() {
  const units = new Set(offer.units.map((unit) => unit[0]));
  const rooms = new Set(offer.rooms.map((room) => room[0]));
  const part = (/** @type {boolean} */ here) => ({
    include_units: wished.include_units.filter((id) => units.has(id) === here),
    exclude_endpoints: wished.exclude_endpoints.filter((id) => rooms.has(id) === here),
    include_endpoints: wished.include_endpoints.filter((id) => rooms.has(id) === here),
  });
  return { here: part(true), gone: part(false) };
}

function show() {
  const { here, gone } = split();
  picker.show(offer.units, offer.rooms, offer.tiers, new Choice(offer.units, offer.rooms, here));
  chair.offer(offer.chairs);
  const lost = gone.include_units.length + gone.include_endpoints.length;
  byId("picker-left-out").hidden = !offer.left_out && !lost;
  setText(byId("picker-left-out-words"), offer.left_out);
  setText(byId("picker-lost"), lost ? t("choices_lost", { count: lost }) : "");
  chosen();
}

/** Hours or rooms are others now: what else takes place then is asked for anew. */
function chosen() {
  byId("session-form").dispatchEvent(new Event("confhub:chosen"));
}

picker.onChange = () => {
  const now = picker.choice.chosen();
  const { gone } = split();
  wished = {
    include_units: [...now.include_units, ...gone.include_units],
    exclude_endpoints: [...now.exclude_endpoints, ...gone.exclude_endpoints],
    include_endpoints: [...now.include_endpoints, ...gone.include_endpoints],
  };
  chosen();
};
chair.onChange = chosen;
show();

const day = document.querySelector("[name=start_date]");
let asked = 0;
if (day instanceof HTMLInputElement) {
  day.addEventListener("change", async () => {
    const mine = ++asked;
    try {
      const answer = await request("GET", `/sessions/picker?day=${encodeURIComponent(day.value)}`);
      if (mine !== asked) return; // a later date was typed meanwhile
      offer = answer;
      show();
    } catch (error) {
      if (!(error instanceof HubError)) throw error; // no date yet: the server says so when the form is sent
    }
  });
}

// What was chosen before the language changed comes back with the other fields.
byId("session-form").addEventListener("confhub:restored", (event) => {
  const pairs = /** @type {CustomEvent<[string, string][]>} */ (event).detail;
  const ids = (/** @type {string} */ name) => pairs.filter((pair) => pair[0] === name).map((pair) => Number(pair[1]));
  wished = { include_units: ids("include_units"), exclude_endpoints: ids("exclude_endpoints"), include_endpoints: ids("include_endpoints") };
  show();
});

armRepetition(byId("session-form"));

// The first field at fault gets the focus, so that nobody has to look for it.
const fault = byId("session-form").querySelector(".is-invalid");
if (fault instanceof HTMLElement) fault.focus();
