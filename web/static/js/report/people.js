// Reports on people: the curve of presence, completion by branch, and a file on its way.
// @ts-check

import { byId } from "../sessions/dom.js";
import { call, HubError } from "../sessions/hub.js";
import { clockTime } from "../sessions/times.js";
import { dataBlock, t } from "../sessions/words.js";
import { armBranches } from "./branches.js";

/**
 * @typedef {object} Moment
 * @property {string} at ISO 8601
 * @property {number} people
 * @property {number} rooms
 */
/** @typedef {[string, number, number, number]} Bar a branch's name, who completed, who came, who was expected */

const EVERY_MS = 700;

/** @type {{destroy: () => void}[]} */
let charts = [];
/** @type {Moment[]} */
let curve = [];

/** @param {string} name */
function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** @returns {any} Chart.js, a classic script, in the page's colours */
function library() {
  const Chart = /** @type {any} */ (window).Chart;
  Chart.defaults.color = token("--ch-ink-2");
  Chart.defaults.borderColor = token("--ch-line-soft");
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
  return Chart;
}

/** @param {HTMLCanvasElement} canvas */
function drawCurve(canvas) {
  const points = curve.map((one) => ({ x: new Date(one.at).getTime(), people: one.people, rooms: one.rooms }));
  const green = token("--ch-green");
  return new (library())(canvas, {
    type: "line",
    data: {
      datasets: [
        { label: t("people"), data: points.map(({ x, people }) => ({ x, y: people })), borderColor: green, backgroundColor: `color-mix(in srgb, ${green} 18%, transparent)`, fill: true, pointRadius: 0, borderWidth: 2, yAxisID: "y" },
        { label: t("rooms"), data: points.map(({ x, rooms }) => ({ x, y: rooms })), borderColor: token("--ch-blue"), pointRadius: 0, borderWidth: 1.5, stepped: true, yAxisID: "rooms" },
      ],
    },
    options: {
      interaction: { mode: "index", intersect: false, axis: "x" },
      scales: {
        x: { type: "linear", min: points[0]?.x, max: points.at(-1)?.x, ticks: { maxTicksLimit: 8, maxRotation: 0, callback: (/** @type {number} */ value) => clockTime(value) }, grid: { display: false } },
        y: { beginAtZero: true, ticks: { precision: 0 } },
        rooms: { beginAtZero: true, position: "right", ticks: { precision: 0 }, grid: { display: false } },
      },
      plugins: {
        legend: { position: "bottom", labels: { usePointStyle: true, pointStyle: "line" } },
        tooltip: { callbacks: { title: (/** @type {any[]} */ items) => (items.length ? clockTime(items[0].parsed.x) : "") } },
      },
    },
  });
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Bar[]} bars
 */
function drawCompletion(canvas, bars) {
  const shown = (/** @type {(bar: Bar) => number} */ value, /** @type {string} */ label, /** @type {string} */ colour) => ({ label, data: bars.map(value), backgroundColor: colour, maxBarThickness: 24 });
  return new (library())(canvas, {
    type: "bar",
    data: {
      labels: bars.map(([name]) => (name.length > 28 ? `${name.slice(0, 27)}…` : name)),
      datasets: [
        shown(([, completed]) => completed, t("completed"), token("--ch-green")),
        shown(([, completed, came]) => Math.max(0, came - completed), t("came"), token("--ch-amber")),
        shown(([, , came, expected]) => Math.max(0, expected - came), t("absent"), token("--ch-red")),
      ],
    },
    options: {
      indexAxis: "y",
      scales: { x: { stacked: true, beginAtZero: true, ticks: { precision: 0 } }, y: { stacked: true, grid: { display: false }, ticks: { autoSkip: false } } },
      plugins: { legend: { position: "bottom", labels: { boxWidth: 12, boxHeight: 12 } }, tooltip: { callbacks: { title: (/** @type {any[]} */ items) => bars[items[0].dataIndex][0] } } },
    },
  });
}

/** @param {string} id */
function canvas(id) {
  const found = document.getElementById(id);
  return found instanceof HTMLCanvasElement ? found : null;
}

function draw() {
  for (const chart of charts) chart.destroy();
  charts = [];
  const [line, bars] = [canvas("curve"), canvas("completion")];
  if (line && curve.length) charts.push(drawCurve(line));
  if (bars) charts.push(drawCompletion(bars, dataBlock("chart-data")));
}

async function fetchCurve() {
  const path = canvas("curve")?.dataset.path;
  if (!path) return;
  try {
    curve = (await call("GET", path)).moments;
    draw();
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
  }
}

async function follow() {
  const box = byId("making");
  const bar = box.querySelector("progress");
  try {
    const file = await call("GET", box.dataset.path ?? "");
    if (file.state === "done" || file.state === "failed") {
      location.reload();
      return;
    }
    if (bar && file.total) {
      bar.max = file.total;
      bar.value = file.done;
      const numbers = new Intl.NumberFormat(document.documentElement.lang);
      byId("making-count").textContent = `${numbers.format(file.done)} / ${numbers.format(file.total)}`;
    }
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    if (error.status === 404 || error.status === 410) {
      location.reload();
      return;
    }
  }
  setTimeout(follow, EVERY_MS);
}

const making = document.getElementById("making");
if (making && !["done", "failed"].includes(making.dataset.state ?? "")) setTimeout(follow, EVERY_MS);
const branches = document.querySelector(".branch-table");
if (branches instanceof HTMLTableElement) armBranches(branches);
draw();
fetchCurve();
document.addEventListener("confhub:theme", draw);
