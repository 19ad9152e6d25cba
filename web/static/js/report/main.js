// The attendance report: charts, the roll-up's branches.

import { byId } from "../sessions/dom.js";
import { dataBlock } from "../sessions/words.js";
import { armBranches } from "./branches.js";
import { drawArrivals, drawBranches } from "./charts.js";
import { armLines } from "./lines.js";

/** @type {import("./charts.js").Data} */
const data = dataBlock("chart-data");
/** @type {{destroy: () => void}[]} */
let charts = [];

function draw() {
  for (const chart of charts) chart.destroy();
  charts = [
    drawArrivals(/** @type {HTMLCanvasElement} */ (byId("arrivals")), data),
    drawBranches(/** @type {HTMLCanvasElement} */ (byId("branches")), data),
  ];
}

draw();
armLines(dataBlock("line-path"));
document.addEventListener("confhub:theme", draw);
const branches = document.querySelector(".branch-table");
if (branches instanceof HTMLTableElement) armBranches(branches);
