// Moments as the tablet shows them.

import { dataBlock } from "../sessions/words.js";

const { timezone: timeZone } = dataBlock("tablet-config");
const SHORT = new Intl.DateTimeFormat("vi", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

const DAY = new Intl.DateTimeFormat("en-GB", { timeZone, day: "2-digit", month: "2-digit" });

/** `08:05` in the hub's zone. @param {number | string} moment */
export function clockShort(moment) {
  return SHORT.format(new Date(moment));
}

/** `22/11` in the hub's zone. @param {number | string} moment */
export function dayShort(moment) {
  return DAY.format(new Date(moment));
}
