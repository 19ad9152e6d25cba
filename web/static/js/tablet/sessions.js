// The tablet's first page: the room's sessions, the one that runs first; kept for when the hub is away.

import { byId, setText } from "../common/dom.js";
import { html, render, repeat, sign } from "../common/html.js";
import { HubError } from "../common/http.js";
import { dataBlock } from "../common/page.js";
import { clockShort, dayShort } from "../common/times.js";
import { t } from "../common/words.js";
import { Door } from "./door.js";
import { Outbox } from "./outbox.js";
import { keepPage } from "./shell.js";
import { Store } from "./store.js";

/** @typedef {import("confhub/api").TabletSession} TabletSession */

const REFRESH_MS = 15_000;
const PREPARED_MAX = 4;
const AHEAD = ["live", "lobby", "scheduled"];
/** @type {Set<number>} */
const prepared = new Set();
const OPEN = ["lobby", "live", "ended"];

/** @type {{endpoint: number, as_person: boolean}} */
const config = dataBlock("tablet-config");
const store = await Store.opened();
const door = new Door(config.endpoint, config.as_person);
const outbox = new Outbox(store, door);
const KEPT = `sessions:${config.endpoint}`;

/** @param {TabletSession[]} sessions */
function draw(sessions) {
  render(repeat(sessions, ({ id }) => id, choice), byId("sessions"));
  byId("no-sessions").hidden = sessions.length > 0;
}

/** @param {TabletSession} session */
function choice({ id, title, state, starts_at, ends_at }) {
  return html`<li><a class="choice ${OPEN.includes(state) ? "" : "choice-later"}" href="/tablet/sessions/${id}${door.query}"
    ><span class="choice-words"><strong>${title}</strong><span>${clockShort(starts_at)}–${clockShort(ends_at)} · ${dayShort(starts_at)}</span></span
    ><span class="state state-${state}">${t(`state_${state}`)}</span>${sign("chevron-right")}</a></li>`;
}

/** Lists of sessions that are over do not stay on the tablet. @param {number[]} sessions */
async function forgetAllBut(sessions) {
  const known = new Set([KEPT, ...sessions.map((id) => `session:${id}:${config.endpoint}`)]);
  const gone = (await store.all("kept")).map((one) => String(one.id)).filter((id) => id.endsWith(`:${config.endpoint}`) && !known.has(id));
  if (gone.length) await store.remove("kept", gone);
}

/** Sessions that are about to begin open without the hub too. @param {TabletSession[]} sessions */
async function prepare(sessions) {
  const coming = sessions.filter(({ state }) => AHEAD.includes(state)).slice(0, PREPARED_MAX);
  const missing = coming.filter(({ id }) => !prepared.has(id));
  for (const { id } of missing) {
    await store.put("kept", [{ id: `session:${id}:${config.endpoint}`, picture: await door.picture(id, outbox.waiting(id)) }]);
    prepared.add(id);
  }
  if (missing.length || !prepared.size) keepPage(coming.map(({ id }) => `/tablet/sessions/${id}${door.query}`));
}

async function refresh() {
  try {
    const sessions = await door.sessions();
    draw(sessions);
    byId("line").hidden = true;
    await store.put("kept", [{ id: KEPT, sessions }]);
    await door.clock.measure();
    await forgetAllBut(sessions.map(({ id }) => id));
    if (outbox.own.length) outbox.flush();
    await prepare(sessions);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    byId("line").hidden = false;
    setText(byId("line-text"), error.status ? error.message : t("line_away", { time: clockShort(door.awaySince ?? Date.now()), n: outbox.own.length }));
  }
  document.body.dataset.ready = "true";
  window.setTimeout(refresh, REFRESH_MS);
}

// Another room's people are nothing to this one; what was not sent stays.
document.querySelector("form[action='/tablet/leave']")?.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) store.clear("kept");
});

await outbox.load();
const kept = await store.get("kept", KEPT);
if (kept?.sessions) draw(kept.sessions);
refresh();
