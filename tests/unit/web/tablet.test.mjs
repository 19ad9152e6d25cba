import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { beforeEach, test } from "node:test";

import { badgeHash, normalBadge, sha256 } from "../../../web/static/js/tablet/badge.js";
import { Clock } from "../../../web/static/js/tablet/clock.js";
import { Roster } from "../../../web/static/js/tablet/roster.js";

test("a code is the same however it was typed or scanned", () => {
  for (const text of ["1a0b-c2d3", " IAOB C2D3 ", "https://hub.example/b/lA0B–C2D3"]) assert.equal(normalBadge(text), "1A0BC2D3", text);
});

test("SHA-256 is right for every length around a block's end", () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000]) {
    const bytes = Uint8Array.from({ length }, (_one, place) => (place * 7) & 0xff);
    assert.equal(sha256(bytes), createHash("sha256").update(bytes).digest("hex"), `${length} bytes`);
  }
  assert.equal(badgeHash("1A0BC2D3"), createHash("sha256").update("1A0BC2D3").digest("hex").slice(0, 16));
});

const AHEAD_MS = 90_000;

/** A trip to a hub that is AHEAD_MS ahead. @param {number} there @param {number} back milliseconds on the way */
function trip(there, back) {
  const heard = Date.now();
  const asked = heard - there - back;
  return { asked, received: asked + there + AHEAD_MS, answered: asked + there + AHEAD_MS, heard, skew: Date.now() - (performance.timeOrigin + performance.now()) };
}

beforeEach(() => localStorage.removeItem("confhub-clock"));

test("the quickest of several trips counts, and a slow one proves nothing", () => {
  const clock = new Clock(() => Promise.reject(new Error("nobody asks")));
  assert.equal(clock.offset, null);
  clock.learn(trip(20, 20));
  assert.equal(clock.offset, AHEAD_MS);
  clock.learn(trip(4_000, 100)); // would be two seconds off
  assert.equal(clock.offset, AHEAD_MS);
});

test("an offset that the trip itself explains is none", () => {
  const clock = new Clock(() => Promise.reject(new Error("nobody asks")));
  const heard = Date.now();
  clock.learn({ ...trip(0, 0), asked: heard - 400, received: heard - 100, answered: heard - 100, heard });
  assert.equal(clock.offset, 0);
});

test("the next page knows what the last one learned, until the clock is set", () => {
  new Clock(() => Promise.reject(new Error("nobody asks"))).learn(trip(20, 20));
  assert.equal(new Clock(() => Promise.reject(new Error("nobody asks"))).offset, AHEAD_MS);
  const { trip: known } = JSON.parse(localStorage.getItem("confhub-clock") ?? "");
  localStorage.setItem("confhub-clock", JSON.stringify({ trip: known, seen: Date.now() + 60_000 })); // put back a minute
  assert.equal(new Clock(() => Promise.reject(new Error("nobody asks"))).offset, null);
});

/** @param {Record<string, unknown>} changes @returns {any} */
function picture(changes = {}) {
  return {
    session: { id: 7, state: "lobby" }, people: [{ id: 1, name: "Lê Hoà", badge_hash: "aa", state: "none", state_at: null, origin: "roster" }],
    whole: true, listed: 1, head_count: null, prompt: null, asked: null, ...changes,
  };
}

/** @param {Record<string, unknown>} who @returns {any} what waits in the outbox */
function entry(who) {
  return { key: "k", session: 7, endpoint: 3, kind: "in", at: Date.now(), offset: 0, label: "Khách", ...who };
}

test("a guest who waits stands on the list, and is asked for once the hub has stored them", () => {
  const roster = new Roster();
  roster.set(picture());
  const guest = entry({ guest: { name: "Khách", position: "Giảng viên" } });
  roster.lay([guest], false);
  assert.deepEqual(roster.rows.map(({ person, state, provisional }) => [person.name, person.origin, state, provisional]), [["Lê Hoà", "roster", "none", false], ["Khách", "guest", "in", true]]);
  assert.deepEqual(roster.counts(), { all: 2, waiting: 1, here: 1, left: 0 });

  roster.stored([{ entry: guest, result: { key: "k", result: "stored", code: null, message: null, attendee: 9 } }]);
  roster.lay([], false);
  assert.deepEqual(roster.rows.map(({ person, state, provisional }) => [person.id, state, provisional]), [[1, "none", false], [9, "in", false]]);
  const changed = { id: 9, name: "Khách", badge_hash: "bb", state: "in", state_at: null, origin: "guest" };
  assert.equal(roster.completed(picture({ whole: false, listed: 2, people: [changed] })), null);
});

test("what changed is laid over the list; what does not fit it is asked for whole", () => {
  const roster = new Roster();
  roster.set(picture());
  const visitor = { id: 5, name: "Vũ Ánh", badge_hash: "cc", state: "in", state_at: null, origin: "visitor" };
  const here = { ...picture().people[0], state: "in" };
  const whole = roster.completed(picture({ whole: false, people: [here, visitor] }));
  assert.deepEqual(whole?.people.map(({ id, state }) => [id, state]), [[1, "in"], [5, "in"]]);
  assert.equal(roster.completed(picture({ whole: false, people: [], listed: 2 })), null);
});
