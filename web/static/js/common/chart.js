// Charts by Chart.js, which the template loads as a classic script. Colours come from the page's tokens, so that both
// themes are served.

import { clockTime } from "./times.js";

/** @typedef {{destroy: () => void}} Chart */
/** @typedef {{label: string, data: unknown[], [option: string]: unknown}} DataSet */

const NAME_MAX = 28;

/** @param {string} name of a colour, as in app.css */
export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** A colour as the ground under a line. @param {string} colour */
export function pale(colour) {
  return `color-mix(in srgb, ${colour} 18%, transparent)`;
}

/**
 * Draw, and again whenever the colours change.
 * @param {() => Chart[]} make
 * @returns {() => void} draws anew
 */
export function keepDrawn(make) {
  /** @type {Chart[]} */
  let charts = [];
  const draw = () => {
    for (const chart of charts) chart.destroy();
    charts = make();
  };
  draw();
  document.addEventListener("confhub:theme", draw);
  return draw;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Record<string, unknown>} config as Chart.js takes it
 * @returns {Chart}
 */
function chart(canvas, config) {
  const Chart = /** @type {any} */ (window).Chart;
  Chart.defaults.color = token("--ch-ink-2");
  Chart.defaults.borderColor = token("--ch-line-soft");
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
  return new Chart(canvas, config);
}

/**
 * Stacked bars, one a name; long names are cut, and whole in the tooltip.
 * @param {HTMLCanvasElement} canvas
 * @param {string[]} names
 * @param {DataSet[]} datasets
 */
export function bars(canvas, names, datasets) {
  return chart(canvas, {
    type: "bar",
    data: { labels: names.map((name) => (name.length > NAME_MAX ? `${name.slice(0, NAME_MAX - 1)}…` : name)), datasets },
    options: {
      indexAxis: "y",
      scales: { x: { stacked: true, beginAtZero: true, ticks: { precision: 0 } }, y: { stacked: true, grid: { display: false }, ticks: { autoSkip: false } } },
      plugins: {
        legend: { position: "bottom", labels: { boxWidth: 12, boxHeight: 12 } },
        tooltip: { callbacks: { title: (/** @type {any[]} */ items) => names[items[0].dataIndex] } },
      },
    },
  });
}

/**
 * Lines over the time of day.
 * @param {HTMLCanvasElement} canvas
 * @param {DataSet[]} datasets of {x: milliseconds, y}
 * @param {(number | undefined)[]} span the first and the last moment, milliseconds
 * @param {Record<string, unknown>} axes the upright ones
 * @param {unknown[]} [plugins]
 */
export function timeline(canvas, datasets, [min, max], axes, plugins = []) {
  return chart(canvas, {
    type: "line",
    data: { datasets },
    options: {
      interaction: { mode: "index", intersect: false, axis: "x" },
      scales: {
        x: { type: "linear", min, max, ticks: { maxTicksLimit: 8, maxRotation: 0, callback: (/** @type {number} */ value) => clockTime(value) }, grid: { display: false } },
        ...axes,
      },
      plugins: {
        legend: { position: "bottom", labels: { usePointStyle: true, pointStyle: "line" } },
        tooltip: { callbacks: { title: (/** @type {any[]} */ items) => (items.length ? clockTime(items[0].parsed.x) : "") } },
      },
    },
    plugins,
  });
}
