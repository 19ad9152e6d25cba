import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { beforeEach, test } from "node:test";

import { badgeHash, normalBadge, sha256 } from "../../../web/static/js/tablet/badge.js";
import { Clock } from "../../../web/static/js/tablet/clock.js";

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
