// A course's page: how far each branch's people have come, as bars. Colours come from the page's tokens.
// @ts-check

import { byId } from "../sessions/dom.js";
import { dataBlock, t } from "../sessions/words.js";

/** @typedef {[string, number, number]} Bar a branch's name, its completed people, all its people */

/** @type {{destroy: () => void} | null} */
let chart = null;

/** @param {string} name */
function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function draw() {
  /** @type {Bar[]} */
  const bars = dataBlock("chart-data");
  if (!bars.length) return;
  chart?.destroy();
  const canvas = /** @type {HTMLCanvasElement} */ (byId("completion"));
  canvas.parentElement?.classList.toggle("some", bars.length > 4 && bars.length <= 14);
  canvas.parentElement?.classList.toggle("many", bars.length > 14);
  const Chart = /** @type {any} */ (window).Chart;
  Chart.defaults.color = token("--ch-ink-2");
  Chart.defaults.borderColor = token("--ch-line-soft");
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
  chart = new Chart(canvas, {
    type: "bar",
    data: {
      labels: bars.map(([name]) => (name.length > 28 ? `${name.slice(0, 27)}…` : name)),
      datasets: [
        { label: t("completed"), data: bars.map(([, completed]) => completed), backgroundColor: token("--ch-green"), maxBarThickness: 22 },
        { label: t("open"), data: bars.map(([, completed, people]) => people - completed), backgroundColor: token("--ch-grey-soft"), maxBarThickness: 22 },
      ],
    },
    options: {
      indexAxis: "y",
      scales: { x: { stacked: true, beginAtZero: true, ticks: { precision: 0 } }, y: { stacked: true, grid: { display: false }, ticks: { autoSkip: false } } },
      plugins: { legend: { position: "bottom" }, tooltip: { callbacks: { title: (/** @type {any[]} */ items) => bars[items[0].dataIndex][0] } } },
    },
  });
}

draw();
document.addEventListener("confhub:theme", draw);
