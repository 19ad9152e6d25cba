// A room's line as pictures: a spark for its tile, a chart for its panel and the report. Own SVG; colours come
// from the page's style, so that both themes are served.

import { html } from "../common/html.js";
import { tenths } from "../common/numbers.js";
import { clockTime } from "../common/times.js";
import { t } from "../common/words.js";

/** @import { Sample } from "confhub/api" */

const SPARK_PLACES = 36;
const SPARK_TOP_PERCENT = 20;
const WIDTH = 600;
const GAP_MS = 60_000; // a longer pause between samples is a gap in the line, not a slope
const MIN_TOPS = { loss: 5, rate: 200 };

/**
 * How bad a loss is: what decides colours.
 * @param {number} percent
 * @returns {"good" | "fair" | "poor"}
 */
export function grade(percent) {
  if (percent < 2) return "good";
  return percent < 7 ? "fair" : "poor";
}

/**
 * The loss of the last minutes as bars, the newest at the right.
 * @param {number[]} losses percent, oldest first
 */
export function spark(losses) {
  const shown = losses.slice(-SPARK_PLACES);
  const from = SPARK_PLACES - shown.length;
  const bars = shown.map((loss, place) => {
    const height = Math.min(1, loss / SPARK_TOP_PERCENT) * 9;
    return height > 0 ? `M${from + place + 0.5} 9.5V${(9.5 - height).toFixed(1)}` : "";
  });
  return html`<svg class="spark" viewBox="0 0 ${SPARK_PLACES} 10" preserveAspectRatio="none" aria-hidden="true"
    data-grade=${grade(Math.max(0, ...shown.slice(-3)))}><path class="spark-ground" d="M0 9.5H${SPARK_PLACES}"></path
    ><path class="spark-bars" d=${bars.join("")}></path></svg>`;
}

/**
 * Loss, rate and picture layer over time, one above the other.
 * @param {Sample[]} samples oldest first
 */
export function chart(samples) {
  if (samples.length < 2) return html`<p class="line-empty">${t("line_none")}</p>`;
  const moments = samples.map((sample) => Date.parse(sample.at));
  const last = samples[samples.length - 1];
  const span = Math.max(1, moments[moments.length - 1] - moments[0]);
  const x = moments.map((moment) => ((moment - moments[0]) / span) * WIDTH);
  const breaks = moments.map((moment, n) => n === 0 || moment - moments[n - 1] > GAP_MS);
  const losses = samples.map((sample) => sample.loss_down);
  const worst = Math.max(...losses);
  const rates = samples.map((sample) => sample.down_kbps + sample.up_kbps);
  const layers = samples.map((sample) => sample.layer + 1);
  return html`<figure class="line-chart">
    ${strip(t("line_loss"), `${t("line_most")} ${tenths(worst)} %`, losses, Math.max(MIN_TOPS.loss, worst), "loss", x, breaks)}
    ${strip(t("line_rate"), `${t("line_most")} ${rate(Math.max(...rates))}`, rates, Math.max(MIN_TOPS.rate, ...rates), "rate", x, breaks)}
    ${strip(t("line_layer"), layerName(last.layer), layers, 3, "layer", x, breaks)}
    <figcaption><span>${clockTime(samples[0].at)}</span><span>${clockTime(last.at)}</span></figcaption>
  </figure>`;
}

/**
 * @param {string} name
 * @param {string} note
 * @param {number[]} values
 * @param {number} top
 * @param {"loss" | "rate" | "layer"} kind
 * @param {number[]} x
 * @param {boolean[]} breaks
 */
function strip(name, note, values, top, kind, x, breaks) {
  const height = 40;
  const y = values.map((value) => height - 1 - (value / top) * (height - 3));
  return html`<div class="line-row">
    <div class="line-name"><span>${name}</span><span class="line-note">${note}</span></div>
    <svg class="line-strip line-${kind}" viewBox="0 0 ${WIDTH} ${height}" preserveAspectRatio="none" role="img" aria-label="${name}: ${note}">
      <path class="line-ground" d="M0 ${height - 0.5}H${WIDTH}M0 ${height / 2}H${WIDTH}"></path>
      <path class="line-area" d=${area(x, y, breaks, height, kind === "layer")}></path>
      <path class="line-stroke" d=${stroke(x, y, breaks, kind === "layer")}></path>
    </svg>
  </div>`;
}

/**
 * @param {number[]} x
 * @param {number[]} y
 * @param {boolean[]} breaks
 * @param {boolean} steps
 */
function stroke(x, y, breaks, steps) {
  return x.map((place, n) => {
    const at = `${place.toFixed(1)} ${y[n].toFixed(1)}`;
    if (breaks[n]) return `M${at}`;
    return steps ? `H${place.toFixed(1)}V${y[n].toFixed(1)}` : `L${at}`;
  }).join("");
}

/**
 * @param {number[]} x
 * @param {number[]} y
 * @param {boolean[]} breaks
 * @param {number} height
 * @param {boolean} steps
 */
function area(x, y, breaks, height, steps) {
  let path = "";
  for (let n = 0; n < x.length; n += 1) {
    const place = x[n].toFixed(1);
    if (breaks[n]) path += `${n ? `V${height}Z` : ""}M${place} ${height}V${y[n].toFixed(1)}`;
    else path += steps ? `H${place}V${y[n].toFixed(1)}` : `L${place} ${y[n].toFixed(1)}`;
  }
  return path ? `${path}V${height}Z` : "";
}

/** @param {number} layer */
export function layerName(layer) {
  return t(["line_layer_none", "line_layer_low", "line_layer_medium", "line_layer_high"][layer + 1] ?? "line_layer_none");
}

/** @param {number} kbps */
export function rate(kbps) {
  return kbps >= 1000 ? `${tenths(Math.round(kbps / 100) / 10)} Mbit/s` : `${tenths(kbps)} kbit/s`;
}
