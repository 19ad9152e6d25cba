// Reports on people: the curve of presence, completion by branch, and a file on its way.

import { bars, keepDrawn, pale, timeline, token } from "../common/chart.js";
import { HubError, request } from "../common/http.js";
import { followMaking } from "../common/making.js";
import { dataBlock } from "../common/page.js";
import { t } from "../common/words.js";
import { armBranches } from "./branches.js";

/**
 * @typedef {object} Moment
 * @property {string} at ISO 8601
 * @property {number} people
 * @property {number} rooms
 */
/** @typedef {[string, number, number, number]} Bar a branch's name, who completed, who came, who was expected */

/** @type {Moment[]} */
let curve = [];

/** @param {HTMLCanvasElement} canvas */
function drawCurve(canvas) {
  const points = curve.map((one) => ({ x: new Date(one.at).getTime(), people: one.people, rooms: one.rooms }));
  const green = token("--ch-green");
  const datasets = [
    { label: t("people"), data: points.map(({ x, people }) => ({ x, y: people })), borderColor: green, backgroundColor: pale(green), fill: true, pointRadius: 0, borderWidth: 2, yAxisID: "y" },
    { label: t("rooms"), data: points.map(({ x, rooms }) => ({ x, y: rooms })), borderColor: token("--ch-blue"), pointRadius: 0, borderWidth: 1.5, stepped: true, yAxisID: "rooms" },
  ];
  return timeline(canvas, datasets, [points[0]?.x, points.at(-1)?.x], {
    y: { beginAtZero: true, ticks: { precision: 0 } },
    rooms: { beginAtZero: true, position: "right", ticks: { precision: 0 }, grid: { display: false } },
  });
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Bar[]} branches
 */
function drawCompletion(canvas, branches) {
  const shown = (/** @type {(bar: Bar) => number} */ value, /** @type {string} */ label, /** @type {string} */ colour) => ({ label, data: branches.map(value), backgroundColor: colour, maxBarThickness: 24 });
  return bars(canvas, branches.map(([name]) => name), [
    shown(([, completed]) => completed, t("completed"), token("--ch-green")),
    shown(([, completed, came]) => Math.max(0, came - completed), t("came"), token("--ch-amber")),
    shown(([, , came, expected]) => Math.max(0, expected - came), t("absent"), token("--ch-red")),
  ]);
}

/** @param {string} id */
function canvas(id) {
  const found = document.getElementById(id);
  return found instanceof HTMLCanvasElement ? found : null;
}

const draw = keepDrawn(() => {
  const [line, branches] = [canvas("curve"), canvas("completion")];
  return [
    ...(line && curve.length ? [drawCurve(line)] : []),
    ...(branches ? [drawCompletion(branches, dataBlock("chart-data"))] : []),
  ];
});

async function fetchCurve() {
  const path = canvas("curve")?.dataset.path;
  if (!path) return;
  try {
    curve = (await request("GET", path)).moments;
    draw();
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
  }
}

const making = document.getElementById("making");
if (making && !["done", "failed"].includes(making.dataset.state ?? "")) followMaking();
const branches = document.querySelector(".branch-table");
if (branches instanceof HTMLTableElement) armBranches(branches);
fetchCurve();
