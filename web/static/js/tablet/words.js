// Moments as the tablet shows them.

const zone = document.documentElement.dataset.timeZone || "Asia/Ho_Chi_Minh";
const SHORT = new Intl.DateTimeFormat("vi", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** `08:05` in the hub's zone. @param {number | string} moment */
export function clockShort(moment) {
  return SHORT.format(new Date(moment));
}
