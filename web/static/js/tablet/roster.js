// The room's people as the tablet shows them: what the hub said last, with the outbox laid over it.

import { fold, matches } from "../common/search.js";
import { badgeHash, normalBadge } from "./badge.js";
import { HOLD_MS } from "./outbox.js";

/** @typedef {import("./door.js").Person} Person */
/** @typedef {import("./door.js").Picture} Picture */
/** @typedef {"all" | "waiting" | "here" | "left"} Filter */

/**
 * One person as drawn.
 * @typedef {object} Row
 * @property {Person} person
 * @property {boolean} alike somebody else on the list has the same name, position and unit
 * @property {"none" | "in" | "out"} state
 * @property {number | null} at by the hub's clock
 * @property {boolean} unsent something of this person waits in the outbox
 * @property {boolean} overdue it waits longer than it should: worth telling
 * @property {boolean} confirmed answered the open prompt (as far as the tablet knows)
 * @property {boolean} unanswered checked in, and silent since the newest prompt that can still be answered
 * @property {boolean} provisional a guest whom the hub does not know yet
 * @property {string} key folded, for searching
 */

const OVERDUE_MS = 2 * HOLD_MS;

/** @type {Filter[]} */
export const FILTERS = ["all", "waiting", "here", "left"];
const SHOWN = { all: () => true, waiting: (/** @type {Row} */ row) => row.state === "none", here: (/** @type {Row} */ row) => row.state === "in", left: (/** @type {Row} */ row) => row.state === "out" };

export class Roster {
  /** @type {Picture | null} */
  picture = null;
  /** @type {Row[]} in the hub's order: by the Vietnamese alphabet */
  rows = [];
  /** @type {Map<number | string, Row>} */
  byId = new Map();
  /** @type {{people: number, at: number, unsent: boolean} | null} */
  heads = null;
  /** @type {Set<number | string>} who confirmed in the open prompt, told by this tablet */
  #confirmed = new Set();
  #prompt = "";

  /** @param {Picture} picture */
  set(picture) {
    const prompt = picture.prompt?.open ? picture.prompt.closes_at : "";
    if (prompt !== this.#prompt) this.#confirmed.clear();
    this.#prompt = prompt;
    this.picture = picture;
  }

  /**
   * The whole of a picture that says what changed, or null where it does not fit what is here.
   * @param {Picture} picture @returns {Picture | null}
   */
  completed(picture) {
    if (picture.whole) return picture;
    const own = (this.picture?.people ?? []).filter(({ origin }) => origin !== "visitor");
    const known = new Set(own.filter(({ badge_hash }) => badge_hash !== undefined).map(({ id }) => id));
    const visitors = picture.people.filter(({ origin }) => origin === "visitor");
    const changed = new Map(picture.people.filter(({ origin }) => origin !== "visitor").map((one) => [one.id, one]));
    if (own.length !== picture.listed || [...changed.keys()].some((id) => !known.has(id))) return null;
    return { ...picture, people: [...own.map((one) => changed.get(one.id) ?? one), ...visitors] };
  }

  /** The prompt that is open now, or null. @param {number} now by the hub's clock */
  prompt(now) {
    const prompt = this.picture?.prompt;
    return prompt?.open && Date.parse(prompt.closes_at) > now ? prompt : null;
  }

  /**
   * Work the rows out anew.
   * @param {import("./outbox.js").Entry[]} entries what waits, in order
   * @param {boolean} away the hub does not answer
   */
  lay(entries, away) {
    const { picture } = this;
    if (!picture) return;
    const opened = picture.asked ? Date.parse(picture.asked.opens_at) : null;
    const alike = shared(picture.people);
    this.rows = picture.people.map((person) => rowOf(person, this.#confirmed.has(person.id), opened, alike.has(labelOf(person))));
    this.byId = new Map(this.rows.map((row) => [row.person.id, row]));
    const heads = picture.head_count;
    this.heads = heads ? { people: heads.people, at: Date.parse(heads.at), unsent: false } : null;
    for (const entry of entries) {
      if (entry.session === picture.session.id) this.#apply(entry, away || Date.now() - entry.at > OVERDUE_MS);
    }
  }

  /** @param {import("./outbox.js").Entry} entry @param {boolean} overdue */
  #apply(entry, overdue) {
    const at = entry.at + (entry.offset ?? 0);
    if (entry.kind === "heads") {
      this.heads = { people: entry.people ?? 0, at, unsent: true };
      return;
    }
    if (entry.guest || entry.named) {
      const id = `guest:${entry.key}`;
      const person = { ...unlisted(entry, id), state: "in", state_at: new Date(at).toISOString() };
      const row = { ...rowOf(person, false, null), unsent: true, overdue, provisional: true };
      this.rows.push(row);
      this.byId.set(id, row);
      return;
    }
    const row = this.byId.get(entry.attendee ?? this.byBadge(entry.badge ?? "")?.person.id ?? "");
    if (!row) return;
    row.unsent = true;
    row.overdue ||= overdue;
    row.at = at;
    if (entry.kind !== "out") row.unanswered = false;
    if (entry.kind === "confirm") row.confirmed = true;
    else row.state = entry.kind;
  }

  /** Who is checked in and has not answered the newest prompt. */
  unanswered() {
    return this.rows.filter((row) => row.unanswered && row.state === "in");
  }

  /**
   * The hub has stored these: keep them in the picture until it is asked for again.
   * @param {{entry: import("./outbox.js").Entry, result: import("./outbox.js").Result}[]} stored
   */
  stored(stored) {
    const { picture } = this;
    if (!picture) return;
    for (const { entry, result } of stored) {
      if (entry.session !== picture.session.id || result.result === "waiting") continue;
      const at = new Date(entry.at + (entry.offset ?? 0)).toISOString();
      if (entry.kind === "heads") {
        picture.head_count = { people: entry.people ?? 0, at };
        continue;
      }
      const id = result.attendee ?? entry.attendee ?? this.byBadge(entry.badge ?? "")?.person.id;
      let person = picture.people.find((one) => one.id === id);
      if (!person && id && (entry.guest || entry.named)) {
        person = unlisted(entry, id);
        picture.people.push(person);
      }
      if (!person) continue;
      if (entry.kind === "confirm") {
        this.#confirmed.add(person.id);
        person.state_at = at;
      }
      else Object.assign(person, { state: entry.kind, state_at: at });
    }
  }

  /** @param {string} badge as read @returns {Row | null} */
  byBadge(badge) {
    if (!badge) return null;
    const hash = badgeHash(normalBadge(badge));
    return this.rows.find((row) => row.person.badge_hash === hash) ?? null;
  }

  /** @param {Filter} filter @param {string} query */
  shown(filter, query) {
    return this.rows.filter((row) => SHOWN[filter](row) && (!query || matches(row.key, query)));
  }

  /** Whom "everybody is here" means: not ticked yet, and not on approved leave. */
  waiting() {
    return this.rows.filter(({ person, state, provisional }) => state === "none" && !provisional && person.absence !== "approved");
  }

  /** How many are expected here: guests and visitors are not. */
  expected() {
    return this.rows.filter(({ person }) => person.origin !== "guest" && person.origin !== "visitor").length;
  }

  /** @returns {Record<Filter, number>} */
  counts() {
    const found = { all: this.rows.length, waiting: 0, here: 0, left: 0 };
    for (const row of this.rows) found[row.state === "in" ? "here" : row.state === "out" ? "left" : "waiting"] += 1;
    return found;
  }
}

/** Who is on no list here yet. @param {import("./outbox.js").Entry} entry of a guest or a name @param {number | string} id @returns {Person} */
function unlisted({ guest, named, label }, id) {
  return {
    id, name: guest?.name ?? label, code: null, position: guest?.position ?? null, unit: named?.unit ?? "", state: "none", state_at: null,
    origin: guest ? "guest" : "visitor", absence: null, home: "", elsewhere: "",
  };
}

/** What a row shows of a person. @param {Person} person */
function labelOf({ name, position, unit }) {
  return [name, position, unit].join("\n");
}

/** The labels that several people have. @param {Person[]} people @returns {Set<string>} */
function shared(people) {
  const seen = new Set(), found = new Set();
  for (const label of people.map(labelOf)) (seen.has(label) ? found : seen).add(label);
  return found;
}

/** @param {Person} person @param {boolean} confirmed @param {number | null} opened when people were asked last @param {boolean} [alike] @returns {Row} */
function rowOf(person, confirmed, opened, alike = false) {
  const heard = person.state_at ? Date.parse(person.state_at) : null;
  const here = person.state === "in" && opened !== null && heard !== null;
  const state = person.state === "in" || person.state === "out" ? person.state : "none";
  return {
    person,
    alike,
    state,
    at: heard,
    unsent: false,
    overdue: false,
    confirmed: confirmed || (here && heard >= opened),
    unanswered: here && !confirmed && heard < opened,
    provisional: false,
    key: fold([person.name, person.home, person.code, person.position, person.unit].filter(Boolean).join(" ")),
  };
}
