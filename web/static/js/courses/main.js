// A course's page: how far each branch's people have come, as bars.

import { bars, keepDrawn, token } from "../common/chart.js";
import { byId } from "../common/dom.js";
import { dataBlock } from "../common/page.js";
import { t } from "../common/words.js";

const THICK_PX = 22;

/** @type {[string, number, number][]} a branch's name, its completed people, all its people */
const branches = dataBlock("chart-data");

if (branches.length) {
  const canvas = /** @type {HTMLCanvasElement} */ (byId("completion"));
  canvas.parentElement?.classList.toggle("some", branches.length > 4 && branches.length <= 14);
  canvas.parentElement?.classList.toggle("many", branches.length > 14);
  keepDrawn(() => [
    bars(canvas, branches.map(([name]) => name), [
      { label: t("completed"), data: branches.map(([, completed]) => completed), backgroundColor: token("--ch-green"), maxBarThickness: THICK_PX },
      { label: t("open"), data: branches.map(([, completed, people]) => people - completed), backgroundColor: token("--ch-grey-soft"), maxBarThickness: THICK_PX },
    ]),
  ]);
}
