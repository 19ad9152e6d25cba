import assert from "node:assert/strict";
import { test } from "node:test";

import { Backoff } from "../../../web/static/js/room/connection.js";
import { level } from "../../../web/static/js/room/meter.js";
import { loss } from "../../../web/static/js/room/quality.js";
import { screenFor } from "../../../web/static/js/room/screens.js";
import { arrange, isShown, occupants, seats } from "../../../web/static/js/room/stage.js";

/** @param {string} identity @param {string[]} sources what it publishes @returns {any} */
function participant(identity, sources = ["camera"], changes = {}) {
  return {
    identity, name: `Phòng ${identity}`, isLocal: false, joinedAt: new Date(0), permissions: { canPublish: sources.length > 0 },
    getTrackPublication: (/** @type {string} */ source) => (sources.includes(source) ? { isMuted: false, track: {} } : undefined),
    ...changes,
  };
}

/** @param {any[]} others @param {Record<string, unknown>} [stage] who is behind each slot @returns {any} */
function room(others, stage, me = participant("room:1", [], { isLocal: true })) {
  return {
    metadata: stage && JSON.stringify({ stage }), localParticipant: me,
    remoteParticipants: new Map(others.map((one) => [one.identity, one])),
  };
}

test("metadata that is not the hub's names nobody", () => {
  assert.deepEqual([undefined, "", "{", "{}"].map(occupants), [{}, {}, {}, {}]);
  assert.deepEqual(occupants('{"stage": {"chair": null}}'), { chair: null });
});

test("behind a slot sits whom the hub names, and nobody sees oneself come back", () => {
  const others = [participant("stage:chair"), participant("stage:speaker"), participant("stage:content"), participant("room:9", [])];
  const stage = { chair: { identity: "room:2", name: "Chủ toạ" }, speaker: { identity: "room:1", name: "Tôi" }, content: null };
  const seated = seats(room(others, stage));
  assert.deepEqual(seated.map(({ identity, name }) => [identity, name]), [["room:2", "Chủ toạ"]]);
  assert.ok(isShown(room(others, stage)));
  assert.ok(!isShown(room(others, { chair: { identity: "room:2" } })));
});

test("content stands first, then the chair, then the others as they came", () => {
  const late = participant("a", ["camera", "screen_share"], { joinedAt: new Date(2_000) });
  const early = participant("b", ["camera"], { joinedAt: new Date(1_000) });
  const chair = participant("c", ["camera"], { joinedAt: new Date(3_000) });
  const placed = arrange(seats(room([late, early, chair])), "c");
  assert.deepEqual(placed.map(({ identity, source }) => `${identity} ${source}`), ["a content", "c camera", "b camera", "a camera"]);
});

test("waits grow to two seconds, and begin anew after a success", () => {
  const backoff = new Backoff();
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const wait = backoff.next();
    assert.ok(wait >= 200 && wait <= (attempt === 0 ? 1_000 : 2_000), `${attempt}: ${wait}`);
  }
  backoff.reset();
  assert.ok(backoff.next() <= 1_000);
});

test("loss is told of what was due, and of nothing where nothing was", () => {
  assert.equal(loss({ received: 100, lost: 0 }, { received: 190, lost: 10 }), 10);
  assert.equal(loss({ received: 100, lost: 5 }, { received: 100, lost: 5 }), null);
  assert.equal(loss({ received: 100, lost: 5 }, { received: 10, lost: 0 }), null); // another track
});

test("a microphone's level goes from silence to full scale", () => {
  assert.equal(level(new Float32Array(64)), 0);
  assert.equal(level(new Float32Array(64).fill(1)), 1);
  assert.ok(Math.abs(level(new Float32Array(64).fill(0.001)) - 0) < 1e-6); // -60 dB
});

test("what follows a refused token depends on the session, and on having been removed", () => {
  assert.deepEqual(["ended", "archived", "cancelled", "live", "scheduled"].map((state) => screenFor(state, false)), ["ended", "ended", "cancelled", "waiting", "waiting"]);
  assert.equal(screenFor("live", true), "removed");
});
