// The session page: puts connection, stage, floor and screens together, for a person and for a room's kiosk.

import { byId, setIcon, setText } from "../common/dom.js";
import { listen } from "../common/events.js";
import { call } from "../common/http.js";
import { dataBlock } from "../common/page.js";
import { t } from "../common/words.js";
import { CodePanel } from "./code.js";
import { Connection } from "./connection.js";
import { Controls, ordered } from "./controls.js";
import { Floor } from "./floor.js";
import { Prejoin } from "./prejoin.js";
import { LineWatch } from "./quality.js";
import { screenFor, showScreen } from "./screens.js";
import { playSound } from "./sound.js";
import { Stage } from "./stage.js";

/**
 * @typedef {object} Config
 * @property {number} session
 * @property {string} state the session's
 * @property {"person" | "kiosk"} mode
 * @property {string} chair the chair's identity
 * @property {string} profile bandwidth profile
 */

/** @type {Config} */
const config = dataBlock("room-config");
const path = `/api/v1/sessions/${config.session}`;
const kiosk = config.mode === "kiosk";
const ASK_AGAIN_MS = 15_000;

Object.assign(document.body.dataset, { mode: config.mode, session: config.state, link: "idle", floor: "off" });
let sessionState = config.state;
let removed = false;

/** @type {Connection} */
const connection = new Connection(fetchTicket, config.profile);
const { room } = connection;
const floor = new Floor(room, config.session, () => connection.identity);
const prejoin = new Prejoin();

new Stage(room, {
  grid: byId("stage-grid"),
  list: byId("stage-list"),
  empty: byId("stage-empty"),
  chair: config.chair,
});
playSound(room, byId("sound"), byId("sound-start"));
new Controls(floor, connection);
new LineWatch(room, showLine);
if (kiosk) new CodePanel(config.session);

/** A page that comes back keeps its identity. */
function fetchTicket() {
  const { identity } = connection;
  return call("POST", "/api/v1/sessions/{id}/token", { path: { id: config.session }, body: identity ? { identity } : {} });
}

/** @type {(() => void) | null} */
let stopListening = null;

/** The hub's word on this participant comes as an event each time it changes. */
function listenToHub() {
  stopListening?.();
  const query = connection.identity ? `?identity=${encodeURIComponent(connection.identity)}` : "";
  stopListening = listen(`${path}/standing/events${query}`, { standing: heard });
}

/** @param {import("confhub/api").Standing} standing */
function heard(standing) {
  sessionState = standing.state;
  removed = standing.removed;
  document.body.dataset.session = standing.state;
  setText(byId("session-state"), t(`state_${standing.state}`));
  floor.heard(standing);
  const screen = document.body.dataset.screen;
  if (["ended", "archived", "cancelled"].includes(standing.state)) {
    showScreen(screenFor(standing.state, false));
    connection.close();
  } else if (!removed && open() && (screen === "waiting" || screen === "removed")) {
    if (kiosk || connection.identity) enter();
    else openPrejoin();
  }
}

function open() {
  return sessionState === "lobby" || sessionState === "live";
}

function openPrejoin() {
  showScreen("prejoin");
  ordered(() => prejoin.open());
}

async function enter() {
  prejoin.close();
  showScreen("room");
  await connection.join();
}

connection.addEventListener("state", () => {
  document.body.dataset.link = connection.state;
  setText(byId("link-state"), t(`link_${connection.state}`));
  byId("link-overlay").hidden = !["joining", "resuming", "rejoining"].includes(connection.state);
  if (connection.state === "joined") {
    showScreen("room");
    listenToHub();
    keepScreenOn();
  } else if (connection.state === "closed") {
    showScreen(screenFor(sessionState, removed));
  } else if (connection.state === "refused") {
    removed = connection.refusal?.code === "removed_from_session";
    showScreen(removed ? "removed" : "refused", connection.refusal?.message);
  } else if (connection.state === "left") {
    showScreen("left");
  } else if (connection.state === "replaced") {
    showScreen("replaced");
  }
});

/** @param {import("./quality.js").Line} line */
function showLine({ quality, lossPercent, height }) {
  const pill = byId("line");
  pill.dataset.quality = quality;
  setIcon(pill, quality === "poor" || quality === "lost" ? "antenna-bars-off" : "antenna-bars-5");
  setText(byId("line-text"), t(`line_${quality}`));
  const facts = [];
  if (lossPercent !== null) facts.push(t("line_loss", { percent: lossPercent.toFixed(1) }));
  if (height !== null) facts.push(t("line_height", { height }));
  pill.title = facts.join(" · ");
}

/** A screen that goes dark in the middle of a session is a fault; where the browser cannot hold it, so be it. */
async function keepScreenOn() {
  const lock = await navigator.wakeLock?.request("screen").catch(() => null);
  document.addEventListener(
    "visibilitychange",
    () => {
      if (document.visibilityState === "visible" && connection.state === "joined" && lock?.released) keepScreenOn();
    },
    { once: true },
  );
}

/** A room has no mouse: one key for the hand, one for the microphone. */
function kioskKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.repeat || document.querySelector("dialog[open]")) return;
    if (event.key === "h" || event.key === "H") byId("control-hand").click();
    if (event.key === "m" || event.key === "M") byId("control-microphone").click();
  });
}

/** The stream of events brings a kiosk back in; where it is cut as well, so does asking now and then. */
function kioskAsksAgain() {
  window.setInterval(() => {
    if (["refused", "replaced"].includes(connection.state)) enter();
    else if (connection.state === "closed" && open()) enter();
  }, ASK_AGAIN_MS);
}

byId("message-again").addEventListener("click", () => enter());
byId("join").addEventListener("click", () => enter());
listenToHub();

if (kiosk) {
  kioskKeys();
  kioskAsksAgain();
  if (open()) enter();
  else showScreen(screenFor(sessionState, false));
} else if (open()) {
  openPrejoin();
} else {
  showScreen(screenFor(sessionState, false));
}
