// Before joining: a look into the own camera, the microphone's level, and which devices to use.

import { byId, el } from "../common/dom.js";
import { t } from "../common/words.js";
import { chooseDevice, chosenDevices, deviceFault, listDevices, permissionGiven, Preview } from "./devices.js";
import { Meter } from "./meter.js";

/** @typedef {import("./devices.js").Kind} Kind */

/** @type {Record<Kind, string>} */
const SELECTS = { videoinput: "camera", audioinput: "microphone", audiooutput: "speaker" };

/**
 * Fill the selects whose ids begin with `prefix` with this machine's devices, and hide those without a choice.
 * @param {string} prefix
 */
export async function fillDevices(prefix) {
  const chosen = chosenDevices();
  for (const [kind, name] of /** @type {[Kind, string][]} */ (Object.entries(SELECTS))) {
    const select = /** @type {HTMLSelectElement} */ (byId(`${prefix}-${name}`));
    const devices = await listDevices(kind);
    const options = devices.map((device, place) =>
      el(
        "option",
        { value: device.deviceId, selected: device.deviceId === chosen[kind] },
        device.label || `${t(`device_${name}`)} ${place + 1}`,
      ),
    );
    select.replaceChildren(...(options.length ? options : [el("option", { value: "" }, t("device_default"))]));
    select.disabled = options.length < 2;
  }
}

/**
 * Call `changed` when one of the selects is changed; the choice is stored first.
 * @param {string} prefix
 * @param {(kind: Kind, deviceId: string) => void} changed
 */
export function watchDevices(prefix, changed) {
  for (const [kind, name] of /** @type {[Kind, string][]} */ (Object.entries(SELECTS))) {
    const select = /** @type {HTMLSelectElement} */ (byId(`${prefix}-${name}`));
    select.addEventListener("change", () => {
      chooseDevice(kind, select.value);
      changed(kind, select.value);
    });
  }
}

/** The page before joining. */
export class Prejoin {
  #preview = new Preview(/** @type {HTMLVideoElement} */ (byId("preview-video")));
  #meter = new Meter((level) => showLevel(level));
  #fault = byId("preview-fault");

  async open() {
    byId("preview-start").addEventListener("click", () => this.#start());
    watchDevices("preview", (kind) => this.#changed(kind));
    await fillDevices("preview");
    if (await permissionGiven()) await this.#start();
  }

  async #start() {
    byId("preview-start").hidden = true;
    await this.#try(() => this.#preview.openPicture());
    await this.#try(() => this.#openSound());
    await fillDevices("preview");
  }

  async #openSound() {
    await this.#preview.openSound();
    const track = this.#preview.sound?.mediaStreamTrack;
    if (track) this.#meter.start(track);
  }

  /** @param {Kind} kind */
  async #changed(kind) {
    if (kind === "videoinput") await this.#try(() => this.#preview.openPicture());
    if (kind === "audioinput") await this.#try(() => this.#openSound());
  }

  /** @param {() => Promise<void>} opening */
  async #try(opening) {
    try {
      await opening();
      this.#fault.hidden = true;
    } catch (error) {
      this.#fault.textContent = t(deviceFault(error));
      this.#fault.hidden = false;
      byId("preview-start").hidden = false;
    }
    byId("preview-box").dataset.picture = this.#preview.picture ? "on" : "off";
  }

  close() {
    this.#meter.stop();
    this.#preview.close();
  }
}

/** @param {number} level 0…1 */
function showLevel(level) {
  const meter = /** @type {HTMLMeterElement} */ (byId("preview-level"));
  meter.value = level;
}
