// The fleet page, kept fresh: rows and counts as the hub tells them by server-sent events.
import { listen } from "./common/events.js";
import { number } from "./common/numbers.js";

const mark = document.querySelector("[data-live-mark]");

/** @param {boolean} on */
function show(on) {
  if (!(mark instanceof HTMLElement)) return;
  mark.classList.toggle("on", on);
  mark.textContent = (on ? mark.dataset.on : mark.dataset.off) ?? "";
}

/** @param {string} id @param {number} value */
function count(id, value) {
  const place = document.getElementById(id);
  if (place) place.textContent = number(value);
}

/** @param {string} html rows of the table, drawn by the hub */
function replaceRows(html) {
  const parsed = new DOMParser().parseFromString(`<table><tbody>${html}</tbody></table>`, "text/html");
  for (const fresh of parsed.querySelectorAll("tr[data-room]")) {
    const old = document.getElementById(fresh.id);
    if (!old || old.innerHTML.trim() === fresh.innerHTML.trim()) continue;
    const made = document.importNode(fresh, true);
    made.classList.add("fresh");
    old.replaceWith(made);
  }
}

const stop = listen("/api/v1/fleet/events", {
  counts: (counts) => {
    count("count-online", counts.online);
    count("count-joined", counts.by_state.joined ?? 0);
    count("count-lost", counts.by_state.lost ?? 0);
    for (const [tier, online] of Object.entries(counts.online_by_tier)) count(`tier-${tier}`, online);
  },
  rows: ({ html }) => replaceRows(html),
}, show);

window.addEventListener("pagehide", stop);
