import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { number, tenths } from "../../../web/static/js/common/numbers.js";
import { dataBlock } from "../../../web/static/js/common/page.js";
import { fold, matches } from "../../../web/static/js/common/search.js";
import { keep, kept } from "../../../web/static/js/common/storage.js";
import { HubClock, clockShort, clockTime, dayShort, lengthText, momentText } from "../../../web/static/js/common/times.js";
import { t } from "../../../web/static/js/common/words.js";
import { texts } from "./browser.mjs";

texts.set("shared-words", JSON.stringify({ no: "Không", yes: "Có" }));
texts.set("words", JSON.stringify({ yes: "Vâng", called: "Đã gọi {count} phòng", called_one: "Đã gọi một phòng", who: "{name} ở {room}" }));
texts.set("config", JSON.stringify({ session: 7 }));

test("words are found without their diacritics, in any order, and đ is a d", () => {
  assert.equal(fold("  Phòng HỌP  Đoan Hùng "), "phong hop doan hung");
  const key = fold("Điểm cầu Hoà Bình");
  for (const query of ["hoa binh", "BÌNH hòa", "điểm", "", "  "]) assert.ok(matches(key, query), query);
  assert.ok(!matches(key, "hoa binh viet"));
});

test("a sentence is the page's own before everybody's, and an unknown key is shown as it is", () => {
  assert.deepEqual([t("no"), t("yes"), t("never heard")], ["Không", "Vâng", "never heard"]);
});

test("parameters are filled in, and what nobody gave stays", () => {
  assert.equal(t("who", { name: "An" }), "An ở {room}");
  assert.equal(t("called", { count: 0 }), "Đã gọi 0 phòng");
});

test("one of a thing has a sentence of its own", () => {
  assert.deepEqual([t("called", { count: 1 }), t("called", { n: 2, count: 2 })], ["Đã gọi một phòng", "Đã gọi 2 phòng"]);
});

test("a data block that the template forgot is told by name", () => {
  assert.deepEqual(dataBlock("config"), { session: 7 });
  assert.throws(() => dataBlock("konfig"), /#konfig/);
});

test("what was kept comes back; rubbish and a storage that is switched off are nothing kept", () => {
  keep("choice", { camera: "a" });
  assert.deepEqual(kept("choice"), { camera: "a" });
  keep("choice", null);
  assert.deepEqual(kept("choice", {}), {});
  localStorage.setItem("choice", "{half");
  assert.equal(kept("choice", "nothing"), "nothing");
  const off = () => { throw new DOMException("denied", "SecurityError"); };
  keep("choice", 1, off);
  assert.equal(kept("choice", "nothing", off), "nothing");
});

test("moments are told in the hub's zone, with the day where it is another", () => {
  const moment = "2026-11-22T17:03:07Z"; // half past midnight of the 23rd in Phú Thọ
  assert.deepEqual([clockTime(moment), clockShort(moment), dayShort(moment)], ["00:03:07", "00:03", "23/11"]);
  assert.equal(momentText(moment, "2026-11-23T01:00:00Z"), "00:03:07");
  assert.match(momentText(moment, "2026-11-24T01:00:00Z"), /^00:03, 23\/11\/2026$/);
});

test("lengths have hours from an hour on, and none is negative", () => {
  assert.deepEqual([425, 4027, 59.9, -3].map(lengthText), ["7:05", "1:07:07", "0:59", "0:00"]);
});

test("the hub's clock counts, whatever the reader's shows", () => {
  mock.timers.enable({ apis: ["Date"], now: Date.parse("2026-11-22T01:00:00Z") });
  const clock = new HubClock();
  clock.set("2026-11-22T02:00:00Z");
  mock.timers.tick(5_000);
  assert.equal(clock.now(), Date.parse("2026-11-22T02:00:05Z"));
  mock.timers.reset();
});

test("numbers are written as in Vietnamese", () => {
  assert.deepEqual([number(40123), tenths(3.46), tenths(12)], ["40.123", "3,5", "12"]);
});
