import assert from "node:assert/strict";
import { test } from "node:test";

// Another page: English, of a hub in Tokyo. What a page is stands fast when its modules are loaded.
Object.assign(document.documentElement, { lang: "en", dataset: { timeZone: "Asia/Tokyo" } });
const { number, tenths } = await import("../../../web/static/js/common/numbers.js");
const { clockShort, dayShort, momentText } = await import("../../../web/static/js/common/times.js");

test("a page has its language and its hub's zone", () => {
  const moment = "2026-11-22T15:03:07Z";
  assert.deepEqual([clockShort(moment), dayShort(moment)], ["00:03", "23/11"]);
  assert.equal(momentText(moment, "2026-11-22T16:00:00Z"), "00:03:07");
  assert.deepEqual([number(40123), tenths(3.46)], ["40,123", "3.5"]);
});
