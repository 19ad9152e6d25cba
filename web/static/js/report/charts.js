// The report's two charts.

import { bars, pale, timeline, token } from "../common/chart.js";
import { t } from "../common/words.js";

/**
 * @typedef {object} Data
 * @property {[number, number][]} arrivals unix ms, rooms present
 * @property {number} expected
 * @property {number | null} start
 * @property {number | null} end
 * @property {[string, number, number, number][]} branches name, connected, never came, percent
 */

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
  const green = token("--ch-green");
  const span = ends(data);
  const datasets = [
    { label: t("present"), data: data.arrivals.map(([x, y]) => ({ x, y })), borderColor: green, backgroundColor: pale(green), fill: true, stepped: true, pointRadius: 0, borderWidth: 2 },
    { label: t("expected"), data: span.map((x) => ({ x, y: data.expected })), borderColor: token("--ch-ink-3"), borderDash: [5, 4], borderWidth: 1.5, pointRadius: 0 },
  ];
  const y = { beginAtZero: true, suggestedMax: data.expected * 1.08, ticks: { precision: 0 } };
  return timeline(canvas, datasets, span, { y }, [marks(data)]);
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
  return bars(canvas, data.branches.map(([name]) => name), [
    { label: t("connected"), data: data.branches.map(([, connected]) => connected), backgroundColor: token("--ch-green") },
    { label: t("never_came"), data: data.branches.map(([, , missing]) => missing), backgroundColor: token("--ch-red") },
  ]);
}
