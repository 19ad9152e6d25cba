import assert from "node:assert/strict";
import { test } from "node:test";

import { grade } from "../../../web/static/js/live/linechart.js";
import { FILTERS, Picture, commonBeginning, countAll, fits, headingOf } from "../../../web/static/js/live/model.js";
import { actionsFor } from "../../../web/static/js/live/panel.js";

/** @returns {import("../../../web/static/js/live/model.js").Row} */
function row(changes = {}) {
  return /** @type {any} */ ({
    endpoint_id: 1, identity: "room:1", code: "H44.01", name: "Điểm cầu Việt Trì", unit_path: "/1/2/", state: "joined",
    silent_since: null, on_stage: false, has_floor: false, on_deck: false, hand_raised_at: null, is_chair: false,
    elsewhere: null, may_control: true, search_key: "diem cau viet tri", ...changes,
  });
}

/** @returns {any} */
function snapshot(changes = {}) {
  return { at: "2026-11-22T01:00:00Z", session: { id: 7, state: "live" }, chair: null, rows: [], people: [], floor: [], stage: [], tiers: [], total: null, ...changes };
}

test("a piece changes what it names and leaves the rest", () => {
  const picture = new Picture();
  picture.whole(snapshot({ rows: [row(), row({ endpoint_id: 2 }), row({ endpoint_id: 3 })], chair: { endpoint_id: 1, present: true } }));
  picture.piece({ at: "2026-11-22T01:00:01Z", rows: [row({ endpoint_id: 2, state: "lost" })], gone: [3] });
  assert.deepEqual([...picture.rows.values()].map(({ endpoint_id, state }) => [endpoint_id, state]), [[1, "joined"], [2, "lost"]]);
  assert.equal(picture.at, "2026-11-22T01:00:01Z");
  assert.equal(picture.session?.state, "live");
  assert.equal(picture.chair?.present, true);
  picture.piece({ at: "2026-11-22T01:00:02Z", chair: null, order: [2, 1, 9] });
  assert.equal(picture.chair, null);
  assert.deepEqual([...picture.rows.keys()], [2, 1]);
});

test("a room that is not heard counts as lost, not as joined", () => {
  const silent = row({ silent_since: "2026-11-22T01:00:00Z" });
  assert.ok(fits(silent, "lost") && !fits(silent, "joined"));
  const counts = countAll([row(), silent, row({ state: "off" }), row({ state: "dropped" }), row({ hand_raised_at: "x", on_stage: true })]);
  assert.deepEqual([counts.all, counts.joined, counts.lost, counts.offline, counts.hand, counts.stage], [4, 2, 1, 1, 1, 1]);
  assert.deepEqual(Object.keys(counts), FILTERS);
});

test("rooms stand under their district; those without one under the province", () => {
  const units = new Map(/** @type {[number, [number, number | null, string]][]} */ ([[1, [1, null, "Tỉnh"]], [14, [14, 1, "Huyện"]], [20, [20, 1, "Sở"]], [203, [203, 14, "Xã"]]]));
  const parents = new Set([1, 14]);
  assert.deepEqual(["/1/14/203/", "/1/14/", "/1/20/", "/1/", "/9/8/"].map((path) => headingOf(path, units, parents)), [14, 14, 1, 1, 9]);
});

test("the words that most names begin with are found, whole words only", () => {
  const named = (/** @type {string[]} */ ...names) => commonBeginning(names.map((name) => row({ name })));
  assert.equal(named("Điểm cầu Việt Trì", "Điểm cầu Việt Yên", "Điểm cầu Thanh Ba"), "Điểm cầu ");
  assert.equal(named("Điểm cầu A", "Hội trường B"), "");
});

test("only who controls the session gives the floor, and nobody acts once it is over", () => {
  const orders = (/** @type {any} */ changes, open = true, chief = true) => actionsFor(row(changes), open, chief).map(([, , order]) => order);
  assert.deepEqual(orders({}), ["give", "prepare", "lead", "remove"]);
  assert.deepEqual(orders({}, true, false), []);
  assert.deepEqual(orders({ may_control: false }, true, false), []);
  assert.deepEqual(orders({ state: "lost" }, true, false), ["call"]);
  assert.deepEqual(orders({ on_stage: true }), ["take", "mute", "lead", "remove"]);
  assert.deepEqual(orders({ on_stage: true, is_chair: true }), ["mute"]);
  assert.deepEqual(orders({ state: "removed" }), ["letIn"]);
  assert.deepEqual(orders({}, false), []);
});

test("loss is good below 2 percent and poor from 7 on", () => {
  assert.deepEqual([0, 1.9, 2, 6.9, 7].map(grade), ["good", "good", "fair", "fair", "poor"]);
});
