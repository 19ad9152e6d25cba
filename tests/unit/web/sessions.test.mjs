import assert from "node:assert/strict";
import { test } from "node:test";

import { Choice } from "../../../web/static/js/sessions/choice.js";

// 1 province ── 2 district ── 3 commune;  rooms 10 and 11 in 1, 20 in 2, 30 and 31 in 3
const UNITS = /** @type {[number, number | null, string, number][]} */ ([[1, null, "Tỉnh", 1], [2, 1, "Huyện", 2], [3, 2, "Xã", 3]]);
const ROOMS = /** @type {[number, number, string, string, string][]} */ (
  [[10, 1], [11, 1], [20, 2], [30, 3], [31, 3]].map(([id, unit]) => [id, unit, `P${id}`, `H.${id}`, `p${id}`])
);

/** @param {Partial<import("../../../web/static/js/sessions/choice.js").Chosen>} [chosen] */
function choice(chosen = {}) {
  return new Choice(UNITS, ROOMS, { include_units: [], exclude_endpoints: [], include_endpoints: [], ...chosen });
}

/** @param {Choice} one */
const rooms = (one) => ROOMS.map(([id]) => id).filter((id) => one.has(id));

test("a branch takes in every room below it", () => {
  const one = choice({ include_units: [2] });
  assert.deepEqual(rooms(one), [20, 30, 31]);
  assert.deepEqual(one.count(1), { chosen: 3, all: 5 });
});

test("a room taken out of its branch is an exception; put back, it is none", () => {
  const one = choice({ include_units: [2] });
  one.setRoom(30, false);
  assert.deepEqual(one.chosen(), { include_units: [2], exclude_endpoints: [30], include_endpoints: [] });
  one.setRoom(30, true);
  assert.deepEqual(one.chosen(), { include_units: [2], exclude_endpoints: [], include_endpoints: [] });
});

test("a room outside of every branch stands by itself", () => {
  const one = choice();
  one.setRoom(10, true);
  assert.deepEqual(one.chosen(), { include_units: [], exclude_endpoints: [], include_endpoints: [10] });
  one.setRoom(10, false);
  assert.deepEqual(rooms(one), []);
});

test("a branch that is chosen whole swallows the branches, exceptions and single rooms in it", () => {
  const one = choice({ include_units: [3], exclude_endpoints: [31], include_endpoints: [20] });
  one.setBranch(2, true);
  assert.deepEqual(one.chosen(), { include_units: [2], exclude_endpoints: [], include_endpoints: [] });
});

test("a branch taken out of a chosen one leaves exceptions, for the one above goes on to hold", () => {
  const one = choice({ include_units: [1] });
  one.setBranch(3, false);
  assert.deepEqual(one.chosen(), { include_units: [1], exclude_endpoints: [30, 31], include_endpoints: [] });
  one.setBranch(3, true);
  assert.deepEqual(rooms(one), [10, 11, 20, 30, 31]);
});
