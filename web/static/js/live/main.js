// The live page: news from the hub, drawn at most once a frame; orders to the hub.

import { byId, setText } from "../common/dom.js";
import { listen } from "../common/events.js";
import { dataBlock } from "../common/page.js";
import { HubClock } from "../common/times.js";
import { t } from "../common/words.js";
import { ChairAlarm, chooseChair } from "./chair.js";
import { tellMoves } from "./elsewhere.js";
import { Head } from "./head.js";
import { Lines } from "./lines.js";
import { countAll, FILTERS, Picture } from "./model.js";
import { Orders } from "./orders.js";
import { Panel } from "./panel.js";
import { Rooms } from "./rooms.js";
import { Side } from "./side.js";

/** @type {{session: number, language: string, may_control: boolean, units: import("./model.js").Unit[]}} */
const config = dataBlock("live-config");

const clock = new HubClock();
const picture = new Picture();
const orders = new Orders(config.session);
const head = new Head(clock, config.language);
const rooms = new Rooms(config.units);
const side = new Side(orders, clock, config.may_control);
const lines = new Lines(config.session, draw);
const panel = new Panel(orders, lines);
const chair = new ChairAlarm(() => chooseChair(picture, orders));

let scheduled = false;

function draw() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    head.draw(picture);
    lines.follow(picture.session?.state === "lobby" || picture.session?.state === "live");
    chair.draw(picture);
    rooms.draw(picture.rows, lines.now, picture.at);
    side.draw(picture);
    panel.draw(picture);
    drawCounts();
  });
}

function drawCounts() {
  const counts = countAll(picture.rows.values());
  for (const filter of FILTERS) {
    const chip = /** @type {HTMLButtonElement} */ (byId(`filter-${filter}`));
    setText(/** @type {Element} */ (chip.querySelector(".chip-count")), String(counts[filter]));
    chip.setAttribute("aria-pressed", String(rooms.filter === filter));
    chip.dataset.none = String(counts[filter] === 0);
  }
  document.body.dataset.ready = "true";
}

listen(
  `/api/v1/sessions/${config.session}/events`,
  {
    snapshot: (/** @type {import("confhub/api").Snapshot} */ snapshot) => {
      clock.set(snapshot.at);
      picture.whole(snapshot);
      draw();
    },
    delta: (/** @type {import("confhub/api").Delta} */ delta) => {
      clock.set(delta.at);
      tellMoves(picture.rows, delta.rows ?? [], delta.at);
      picture.piece(delta);
      draw();
    },
  },
  (connected) => {
    byId("stream-lost").hidden = connected;
  },
);

for (const filter of FILTERS) {
  byId(`filter-${filter}`).addEventListener("click", () => {
    rooms.filter = rooms.filter === filter ? "all" : filter;
    draw();
  });
}

const search = /** @type {HTMLInputElement} */ (byId("room-search"));
search.addEventListener("input", () => {
  rooms.query = search.value;
  draw();
});

byId("rooms").addEventListener("click", (event) => {
  const tile = event.target instanceof Element ? event.target.closest(".room-tile") : null;
  if (tile instanceof HTMLElement) panel.open(Number(tile.dataset.id), picture);
});

document.getElementById("hand-next")?.addEventListener("click", () => orders.next());
document.getElementById("call-missing")?.addEventListener("click", () => orders.call(null));
for (const button of document.querySelectorAll("[data-step]")) {
  button.addEventListener("click", () => {
    orders.step(/** @type {"open-lobby" | "start" | "end"} */ (/** @type {HTMLElement} */ (button).dataset.step));
  });
}

/** The wall: no menu, no buttons, as many rooms as fit. Stands in the address, so that a screen can start in it. */
function wall(on = !document.body.classList.contains("wall")) {
  document.body.classList.toggle("wall", on);
  const address = new URL(location.href);
  if (on) address.searchParams.set("wall", "1");
  else address.searchParams.delete("wall");
  history.replaceState(null, "", address);
  setText(byId("wall-label"), t(on ? "wall_off" : "wall_on"));
}
byId("wall-toggle").addEventListener("click", () => wall());
if (new URL(location.href).searchParams.has("wall")) wall(true);
