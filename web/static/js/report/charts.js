// The report's two charts. Colours come from the page's tokens, so that both themes are served.

import { clockTime } from "../sessions/times.js";
import { t } from "../sessions/words.js";

/**
 * @typedef {object} Data
 * @property {[number, number][]} arrivals unix ms, rooms present
 * @property {number} expected
 * @property {number | null} start
 * @property {number | null} end
 * @property {[string, number, number, number][]} branches name, connected, never came, percent
 */

/** @returns {any} Chart.js, loaded as a classic script */
function library() {
  return /** @type {any} */ (window).Chart;
}

/** @param {string} name */
function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function ground() {
  const Chart = library();
  Chart.defaults.color = token("--ch-ink-2");
  Chart.defaults.borderColor = token("--ch-line-soft");
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
}

/** Upright lines at live start and end, with their words. */
function marks(/** @type {Data} */ data) {
  return {
    id: "marks",
    afterDatasetsDraw(/** @type {any} */ { ctx, chartArea, scales }) {
      for (const [moment, words] of /** @type {[number | null, string][]} */ ([[data.start, t("start")], [data.end, t("end")]])) {
        if (moment === null) continue;
        const x = Math.min(chartArea.right, Math.max(chartArea.left, scales.x.getPixelForValue(moment)));
        ctx.save();
        ctx.strokeStyle = token("--ch-red");
        ctx.setLineDash([4, 3]);
        ctx.beginPath();
        ctx.moveTo(x, chartArea.top);
        ctx.lineTo(x, chartArea.bottom);
        ctx.stroke();
        ctx.fillStyle = token("--ch-red");
        ctx.textAlign = x > (chartArea.left + chartArea.right) / 2 ? "right" : "left";
        ctx.fillText(words, x + (ctx.textAlign === "left" ? 5 : -5), chartArea.bottom - 6);
        ctx.restore();
      }
    },
  };
}

/**
 * Rooms present over time.
 * @param {HTMLCanvasElement} canvas
 * @param {Data} data
 */
export function drawArrivals(canvas, data) {
  ground();
  const green = token("--ch-green");
  return new (library())(canvas, {
    type: "line",
    data: {
      datasets: [
        { label: t("present"), data: data.arrivals.map(([x, y]) => ({ x, y })), borderColor: green, backgroundColor: `color-mix(in srgb, ${green} 18%, transparent)`, fill: true, stepped: true, pointRadius: 0, borderWidth: 2 },
        { label: t("expected"), data: ends(data).map((x) => ({ x, y: data.expected })), borderColor: token("--ch-ink-3"), borderDash: [5, 4], borderWidth: 1.5, pointRadius: 0 },
      ],
    },
    options: {
      interaction: { mode: "index", intersect: false, axis: "x" },
      scales: {
        x: { type: "linear", min: ends(data)[0], max: ends(data)[1], ticks: { maxTicksLimit: 8, maxRotation: 0, callback: (/** @type {number} */ value) => clockTime(value) }, grid: { display: false } },
        y: { beginAtZero: true, suggestedMax: data.expected * 1.08, ticks: { precision: 0 } },
      },
      plugins: {
        legend: { position: "bottom", labels: { usePointStyle: true, pointStyle: "line" } },
        tooltip: { callbacks: { title: (/** @type {any[]} */ items) => (items.length ? clockTime(items[0].parsed.x) : "") } },
      },
    },
    plugins: [marks(data)],
  });
}

/** @param {Data} data */
function ends(data) {
  const first = data.arrivals[0]?.[0] ?? data.start ?? 0;
  return [first, data.arrivals.at(-1)?.[0] ?? data.end ?? first];
}

/**
 * Connected and missing rooms of each branch.
 * @param {HTMLCanvasElement} canvas
 * @param {Data} data
 */
export function drawBranches(canvas, data) {
  ground();
  return new (library())(canvas, {
    type: "bar",
    data: {
      labels: data.branches.map(([name]) => name),
      datasets: [
        { label: t("connected"), data: data.branches.map(([, connected]) => connected), backgroundColor: token("--ch-green") },
        { label: t("never_came"), data: data.branches.map(([, , missing]) => missing), backgroundColor: token("--ch-red") },
      ],
    },
    options: {
      indexAxis: "y",
      scales: { x: { stacked: true, ticks: { precision: 0 } }, y: { stacked: true, grid: { display: false }, ticks: { autoSkip: false } } },
      plugins: { legend: { position: "bottom", labels: { boxWidth: 12, boxHeight: 12 } } },
    },
  });
}
