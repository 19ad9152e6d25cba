// The attendance report: charts, the roll-up's branches.

import { keepDrawn } from "../common/chart.js";
import { byId } from "../common/dom.js";
import { dataBlock } from "../common/page.js";
import { armBranches } from "./branches.js";
import { drawArrivals, drawBranches } from "./charts.js";
import { armLines } from "./lines.js";

/** @type {import("./charts.js").Data} */
const data = dataBlock("chart-data");

keepDrawn(() => [
  drawArrivals(/** @type {HTMLCanvasElement} */ (byId("arrivals")), data),
  drawBranches(/** @type {HTMLCanvasElement} */ (byId("branches")), data),
]);
armLines(dataBlock("line-path"));
const branches = document.querySelector(".branch-table");
if (branches instanceof HTMLTableElement) armBranches(branches);
