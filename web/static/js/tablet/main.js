// The tablet's page of one session: ticks people off, also while the hub is away.

import { byId, setText } from "../common/dom.js";
import { HubError } from "../common/http.js";
import { dataBlock } from "../common/page.js";
import { ask } from "../common/question.js";
import { clockShort } from "../common/times.js";
import { t } from "../common/words.js";
import { normalBadge } from "./badge.js";
import { armDialogs, codeView, guestForm, headPad, phoneForm, refusedList, visitorForm } from "./dialogs.js";
import { Door } from "./door.js";
import { List, deedOf } from "./list.js";
import { Notes } from "./notes.js";
import { HOLD_MS, Outbox } from "./outbox.js";
import { FILTERS, Roster } from "./roster.js";
import { CameraScan, listenToScanner } from "./scan.js";
import { keepPage } from "./shell.js";
import { Store } from "./store.js";

const REFRESH_MS = 10_000;
const SAID_MS = 8_000;
/** A little shorter than what the outbox holds: an undo that is offered holds. */
const UNDO_MS = HOLD_MS - 500;

/** More than this, and more than twice who is expected, is asked once more; the hub asks alike. */
const HEADS_ASK_FROM = 50;

const KINDS = /** @type {const} */ (["in", "out", "confirm"]);

/** @type {{session: number, endpoint: number, room: string, as_person: boolean}} */
const config = dataBlock("tablet-config");
const store = await Store.opened();
const door = new Door(config.endpoint, config.as_person);
const outbox = new Outbox(store, door);
const roster = new Roster();
const list = new List(byId("people"), (id, deed) => tick([id], deed), choose);
const notes = new Notes(door, config.session, refresh, say);
const KEPT = `session:${config.session}:${config.endpoint}`;
/** What a list that was kept by an older page may be without. */
const LATER = { asked: null, reminders: [], moves: [] };

/** @type {import("./roster.js").Filter} */
let filter = "all";
let query = "";
let choosing = false;
/** @type {Set<number | string>} */
const chosen = new Set();
/** @type {"in" | "out"} what a badge does */
let badgeDeed = "in";
/** @type {HubError | null} */
let fault = null;
let undoTimer = 0;
let refreshTimer = 0;
let drawn = false;

// --- what is shown -----------------------------------------------------------------------------

function draw() {
  if (drawn) return;
  drawn = true;
  requestAnimationFrame(() => {
    drawn = false;
    roster.lay(outbox.own, door.awaySince !== null);
    drawLine();
    if (roster.picture) drawPeople();
  });
}

function closed() {
  const state = roster.picture?.session.state ?? "";
  return !["lobby", "live", "ended"].includes(state);
}

function drawPeople() {
  const picture = /** @type {import("./door.js").Picture} */ (roster.picture);
  const counts = roster.counts();
  for (const name of FILTERS) {
    const chip = byId(`filter-${name}`);
    setText(/** @type {Element} */ (chip.querySelector(".chip-count")), String(counts[name]));
    chip.setAttribute("aria-pressed", String(name === filter));
  }
  const prompt = roster.prompt(door.now());
  const rows = roster.shown(filter, query);
  const look = { choosing, chosen, prompting: prompt !== null, asking: picture.asked?.counts === true, closed: closed() };
  list.draw(rows, look);
  const total = rows.length === 0;
  byId("none").hidden = !total;
  if (total) setText(byId("none-text"), t(roster.rows.length === 0 ? "none_roster" : "none_found"));
  setText(byId("session-title"), picture.session.title);
  setText(byId("session-state"), t(`state_${picture.session.state}`));
  byId("session-state").dataset.state = picture.session.state;
  byId("not-open").hidden = !["draft", "scheduled"].includes(picture.session.state);
  const heads = roster.heads;
  setText(byId("heads-told"), heads ? t("heads_told", { people: heads.people, time: clockShort(heads.at) }) : t("heads_never"));
  byId("no-heads").hidden = heads !== null || !["lobby", "live"].includes(picture.session.state);
  notes.draw(picture);
  const silent = roster.unanswered().length;
  byId("prompt").hidden = !prompt && silent === 0;
  if (prompt) setText(byId("prompt-text"), t("prompt_open", { time: clockShort(prompt.closes_at) }));
  else if (picture.asked) setText(byId("prompt-text"), t("prompt_missed", { n: silent, time: clockShort(picture.asked.opens_at) }));
  byId("open-code").hidden = !picture.policy.ways.some((way) => way === "qr" || way === "code");
  byId("open-phone").hidden = byId("open-code").hidden;
  byId("open-guest").hidden = !picture.policy.guests;
  byId("choose-bar").hidden = !choosing;
  byId("choose").setAttribute("aria-pressed", String(choosing));
  /** @type {HTMLButtonElement} */ (byId("all-in")).disabled = look.closed || roster.waiting().length === 0;
  const able = rows.filter((row) => deedOf(row, look));
  setText(byId("choose-all"), t("choose_all", { n: able.length }));
  setText(byId("chosen-in"), t("chosen_in", { n: chosen.size }));
  setText(byId("chosen-out"), t("chosen_out", { n: chosen.size }));
  setText(byId("chosen-confirm"), t("chosen_confirm", { n: chosen.size }));
  byId("chosen-confirm").hidden = !prompt;
  for (const kind of KINDS) /** @type {HTMLButtonElement} */ (byId(`chosen-${kind}`)).disabled = chosen.size === 0;
  document.body.dataset.ready = "true";
}

/** The line to the hub, and what waits. */
function drawLine() {
  const waiting = outbox.own.length;
  const away = door.awaySince !== null;
  const banner = byId("line");
  const said = fault ?? outbox.fault;
  const refusedBy = !away && said instanceof HubError && said.status >= 400 ? said : null;
  banner.hidden = !away && !refusedBy;
  document.body.dataset.line = away ? "away" : "there";
  document.body.dataset.waiting = String(waiting);
  if (away) setText(byId("line-text"), t("line_away", { time: clockShort(door.awaySince ?? 0), n: waiting }));
  else if (refusedBy) setText(byId("line-text"), `${refusedBy.message} ${waiting ? t("line_waiting", { n: waiting }) : ""}`);
  byId("line-again").hidden = !refusedBy;
  byId("unsecure").hidden = !(away && !keepsPage);
  byId("lasting").hidden = store.lasting;
  setText(byId("waiting-told"), waiting ? t("line_waiting", { n: waiting }) : t("all_sent"));
  byId("waiting-told").dataset.waiting = String(waiting > 0);
  byId("foreign").hidden = outbox.foreign === 0;
  setText(byId("foreign-text"), t("foreign", { n: outbox.foreign }));
  const refused = outbox.refused.length;
  byId("open-refused").hidden = refused === 0;
  setText(byId("refused-count"), t("refused_count", { n: refused }));
}

/**
 * @param {string} text
 * @param {import("./outbox.js").Entry[]} [entries] what may be taken back
 * @param {string} [undone] said after that
 */
function say(text, entries = [], undone = "") {
  window.clearTimeout(undoTimer);
  const bar = byId("said");
  setText(byId("said-text"), text);
  const button = byId("undo");
  button.hidden = entries.length === 0;
  button.onclick = async () => {
    button.hidden = true;
    if (await outbox.retract(entries)) say(undone);
  };
  bar.hidden = false;
  undoTimer = window.setTimeout(() => { bar.hidden = true; }, entries.length ? UNDO_MS : SAID_MS);
}

// --- what people do ------------------------------------------------------------------------------

const DID = { in: "did_in", out: "did_out", confirm: "did_confirm" };

/**
 * Tick people in, out or as confirmed.
 * @param {(number | string)[]} ids
 * @param {"in" | "out" | "confirm"} kind
 */
async function tick(ids, kind) {
  const rows = ids.map((id) => roster.byId.get(id)).filter((row) => row !== undefined && typeof row.person.id === "number");
  const wishes = /** @type {import("./roster.js").Row[]} */ (rows).map(({ person }) => ({
    session: config.session, kind, way: /** @type {"tablet"} */ ("tablet"), attendee: Number(person.id), label: person.name,
  }));
  if (wishes.length === 0) return;
  const entries = await outbox.add(wishes);
  const who = wishes.length === 1 ? wishes[0].label : t("people_n", { n: wishes.length });
  say(t(DID[kind], { who }), entries, t("undone", { who }));
}

/** One of several. @param {number | string} id @param {boolean} on */
function choose(id, on) {
  if (on) chosen.add(id);
  else chosen.delete(id);
  draw();
}

/** A badge was read. @param {string} text */
async function readBadge(text) {
  const badge = normalBadge(text);
  if (!/^[0-9A-Z]{8,40}$/.test(badge)) return told(t("badge_strange"), "bad");
  const row = roster.byBadge(badge);
  const prompting = roster.prompt(door.now()) !== null && row?.state === "in";
  const kind = prompting ? "confirm" : badgeDeed;
  if (row && !prompting && row.state === kind) return told(t(kind === "in" ? "badge_in_already" : "badge_out_already", { who: row.person.name }), "known");
  const label = row?.person.name ?? `${t("badge")} …${badge.slice(-4)}`;
  await outbox.add([{ session: config.session, kind, way: "badge", badge, label }]);
  if (!row) return told(t("badge_unknown", { badge: label }), "unknown");
  told(t(DID[kind], { who: label }), "good");
}

/** @param {string} text @param {"good" | "bad" | "known" | "unknown"} tone */
function told(text, tone) {
  camera.say(text);
  byId("scan-told").dataset.tone = tone;
  say(text);
}

/** @param {import("./outbox.js").Entry} entry */
const nameOf = (entry) => entry.label || roster.byId.get(entry.attendee ?? "")?.person.name || "–";

armDialogs();
const camera = new CameraScan(readBadge);
const heads = headPad(async (people) => {
  const expected = roster.expected();
  if (people > Math.max(HEADS_ASK_FROM, 2 * expected) && !(await ask(t("ask_heads", { people, expected }), t("yes_heads")))) return;
  const entries = await outbox.add([{ session: config.session, kind: "heads", people, label: t("heads_label", { people }) }]);
  say(t("heads_given", { people }), entries, t("undone", { who: t("heads_label", { people }) }));
});
const guest = guestForm(async (given) => {
  const entries = await outbox.add([{ session: config.session, kind: "in", way: "tablet", guest: given, label: given.name }]);
  say(t("did_in", { who: given.name }), entries, t("undone", { who: given.name }));
});
const visitor = visitorForm(async (named) => {
  const label = named.code || named.name || "";
  const entries = await outbox.add([{ session: config.session, kind: "in", way: "tablet", named, label }]);
  say(t("did_name", { who: label }), entries, t("undone", { who: label }));
});
const phone = phoneForm(async (attendee, reason) => {
  await door.takePhoneBack(config.session, attendee, reason);
  say(t("phone_freed", { who: roster.byId.get(attendee)?.person.name ?? "" }));
});
const code = codeView(config.room, () => door.code(config.session));
const refused = refusedList(outbox, nameOf);
listenToScanner(readBadge, (text) => roster.byBadge(text) !== null);

for (const name of FILTERS) {
  byId(`filter-${name}`).addEventListener("click", () => {
    filter = name;
    draw();
  });
}
byId("search").addEventListener("input", (event) => {
  query = /** @type {HTMLInputElement} */ (event.target).value;
  draw();
});
byId("choose").addEventListener("click", () => {
  choosing = !choosing;
  chosen.clear();
  draw();
});
byId("choose-all").addEventListener("click", () => {
  for (const row of roster.shown(filter, query)) if (!row.provisional) chosen.add(row.person.id);
  draw();
});
byId("all-in").addEventListener("click", async () => {
  const ids = roster.waiting().map(({ person }) => person.id);
  if (await ask(t("ask_all", { n: ids.length }), t("yes_in"))) await tick(ids, "in");
});
for (const kind of KINDS) {
  byId(`chosen-${kind}`).addEventListener("click", async () => {
    const ids = [...chosen].filter((id) => {
      const row = roster.byId.get(id);
      return kind === "confirm" ? row?.state === "in" && !row.confirmed : row?.state !== kind;
    });
    if (ids.length > 20 && !(await ask(t(`ask_${kind}`, { n: ids.length }), t(`yes_${kind}`)))) return;
    choosing = false;
    chosen.clear();
    await tick(ids, kind);
    draw();
  });
}
for (const id of ["open-heads", "open-heads-too"]) {
  byId(id).addEventListener("click", () => heads.open(roster.heads, roster.counts().here));
}
byId("open-visitor").addEventListener("click", () => visitor.open());
byId("open-privacy").addEventListener("click", () => /** @type {HTMLDialogElement} */ (byId("privacy")).showModal());
byId("open-guest").addEventListener("click", () => guest.open());
byId("open-phone").addEventListener("click", () => {
  const came = roster.rows.filter((row) => row.state !== "none" && !row.provisional);
  phone.open(came.map(({ person }) => ({ id: person.id, name: person.name, rest: [person.position, person.unit, person.code].filter(Boolean).join(" · ") })));
});
byId("open-code").addEventListener("click", () => code.open());
byId("open-scan").addEventListener("click", () => camera.open());
byId("open-refused").addEventListener("click", () => refused.open());
for (const kind of /** @type {const} */ (["in", "out"])) {
  byId(`badge-${kind}`).addEventListener("click", () => {
    badgeDeed = kind;
    for (const other of ["in", "out"]) byId(`badge-${other}`).setAttribute("aria-pressed", String(other === kind));
  });
}

// --- what the hub says ---------------------------------------------------------------------------

/** What changed since the picture that is here, laid over it; else all of it. */
async function readPicture() {
  const changed = await door.picture(config.session, outbox.waiting(config.session), roster.picture?.mark);
  return roster.completed(changed) ?? door.picture(config.session, outbox.waiting(config.session));
}

async function refresh() {
  window.clearTimeout(refreshTimer);
  try {
    const { answered } = outbox;
    let picture = await readPicture();
    if (answered !== outbox.answered) picture = await readPicture(); // it may be older than what was sent meanwhile
    fault = null;
    roster.set(picture);
    if (outbox.own.length) outbox.flush(); // the hub is back: do not wait for the next attempt
    await store.put("kept", [{ id: KEPT, picture }]);
    await door.clock.measure();
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    fault = error;
    if (!roster.picture) byId("loading-text").textContent = error.status ? error.message : t("never_loaded");
  }
  byId("loading").hidden = roster.picture !== null;
  draw();
  const wished = Math.max(REFRESH_MS, 1000 * (fault?.retryAfterS ?? 0));
  refreshTimer = window.setTimeout(refresh, wished * (1 + Math.random() / 4));
}

outbox.addEventListener("change", draw);
outbox.addEventListener("stored", (event) => {
  const { detail } = /** @type {CustomEvent} */ (event);
  roster.stored(detail);
  /** @type {string[]} */
  const asked = detail.filter((/** @type {any} */ one) => one.result.result === "waiting").map((/** @type {any} */ one) => nameOf(one.entry));
  if (asked.length) say(t("move_waits", { who: asked.length === 1 ? asked[0] : t("people_n", { n: asked.length }) }));
  if (roster.picture) store.put("kept", [{ id: KEPT, picture: roster.picture }]);
});
door.addEventListener("line", draw);
window.addEventListener("online", () => refresh());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") refresh();
});

window.addEventListener("pagehide", () => door.clock.leave());

const keepsPage = keepPage([`/tablet${door.query}`]);
await outbox.load();
const kept = await store.get("kept", KEPT);
if (kept?.picture) {
  roster.set({ ...LATER, ...kept.picture, prompt: null });
  byId("loading").hidden = true;
}
draw();
await refresh();
outbox.flush();
