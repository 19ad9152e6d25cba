// The form of a session: the tree of rooms, and the chair's field.

import { Choice } from "./choice.js";
import { Combo } from "./combo.js";
import { byId } from "./dom.js";
import { Picker } from "./picker.js";
import { dataBlock } from "./words.js";

/** @type {{units: import("./choice.js").Unit[], rooms: import("./choice.js").Room[], chairs: import("./choice.js").Room[]}} */
const data = dataBlock("picker");

new Picker(data.units, data.rooms, new Choice(data.units, data.rooms, dataBlock("chosen")));
new Combo("chair", data.chairs);

// The first field at fault gets the focus, so that nobody has to look for it.
const fault = byId("session-form").querySelector(".is-invalid");
if (fault instanceof HTMLElement) fault.focus();
