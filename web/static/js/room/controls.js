// The bar of controls: hand, microphone, camera, screen, devices, full screen, leave.

import { byId, setIcon, setText } from "../common/dom.js";
import { HubError } from "../common/http.js";
import { t } from "../common/words.js";
import { deviceFault } from "./devices.js";
import { toast } from "../common/toast.js";
import { RoomEvent } from "./livekit.js";
import { fillDevices, watchDevices } from "./prejoin.js";
import { isShown } from "./stage.js";

/** @typedef {import("./floor.js").SourceName} SourceName */

/** @type {Record<SourceName, {button: string, on: string, off: string}>} */
const TOGGLES = {
  microphone: { button: "control-microphone", on: "microphone", off: "microphone-off" },
  camera: { button: "control-camera", on: "video", off: "video-off" },
  screen_share: { button: "control-screen", on: "screen-share-off", off: "screen-share" },
};

/**
 * Run an order to the hub; what it refuses is said to the person.
 * @param {() => Promise<void>} order
 */
export async function ordered(order) {
  try {
    await order();
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    toast(error.message || t("hub_unreachable"), "danger");
  }
}

export class Controls {
  /**
   * @param {import("./floor.js").Floor} floor
   * @param {import("./connection.js").Connection} connection
   */
  constructor(floor, connection) {
    this.floor = floor;
    this.connection = connection;
    floor.addEventListener("change", () => this.show());
    floor.addEventListener("fault", (event) => {
      toast(t(deviceFault(/** @type {CustomEvent} */ (event).detail)), "danger");
    });
    floor.addEventListener("muted", (event) => {
      toast(t(`muted_by_hub_${/** @type {CustomEvent} */ (event).detail}`), "warning");
    });
    connection.addEventListener("state", () => this.show());
    floor.room.on(RoomEvent.RoomMetadataChanged, () => this.show());
    this.#wire();
    this.show();
  }

  #wire() {
    const { floor } = this;
    for (const name of /** @type {SourceName[]} */ (Object.keys(TOGGLES))) {
      byId(TOGGLES[name].button).addEventListener("click", () => floor.set(name, !floor.isOpen(name)));
    }
    byId("control-hand").addEventListener("click", () => this.#hand());
    byId("invite-accept").addEventListener("click", () => floor.accept());
    byId("invite-decline").addEventListener("click", () => ordered(() => floor.giveBack()));
    byId("control-leave").addEventListener("click", () => this.connection.leave());
    byId("control-full").addEventListener("click", () => toggleFullScreen());
    this.#wireDevices();
  }

  #wireDevices() {
    const dialog = /** @type {HTMLDialogElement} */ (byId("devices"));
    byId("control-devices").addEventListener("click", async () => {
      await fillDevices("devices");
      dialog.showModal();
    });
    byId("devices-close").addEventListener("click", () => dialog.close());
    watchDevices("devices", (kind, deviceId) => {
      this.connection.room.switchActiveDevice(kind, deviceId).catch((error) => toast(t(deviceFault(error)), "danger"));
    });
  }

  #hand() {
    const { floor } = this;
    if (floor.state === "on") return ordered(() => floor.giveBack());
    return ordered(() => (floor.standing?.hand_raised_at ? floor.lower() : floor.raise()));
  }

  show() {
    const joined = this.connection.state === "joined";
    for (const name of /** @type {SourceName[]} */ (Object.keys(TOGGLES))) this.#showToggle(name, joined);
    this.#showHand(joined);
    const invite = /** @type {HTMLDialogElement} */ (byId("invite"));
    if (this.floor.state === "invited" && joined && !this.floor.standing?.auto_accept) {
      if (!invite.open) invite.showModal();
    } else if (invite.open) {
      invite.close();
    }
    document.body.dataset.floor = this.floor.state;
    const sign = byId("on-stage-sign");
    sign.hidden = this.floor.state !== "on" && !this.floor.ahead;
    const shown = isShown(this.floor.room);
    sign.dataset.shown = String(shown);
    setText(byId("on-stage-text"), t(shown ? "shown" : "not_shown"));
  }

  /**
   * @param {SourceName} name
   * @param {boolean} joined
   */
  #showToggle(name, joined) {
    const { button: id, on, off } = TOGGLES[name];
    const button = /** @type {HTMLButtonElement} */ (byId(id));
    const open = this.floor.isOpen(name);
    button.disabled = !joined || !(open || this.floor.mayOpen(name));
    button.setAttribute("aria-pressed", String(open));
    button.dataset.muted = String(this.floor.mutedByHub(name));
    setIcon(button, open ? on : off);
    const label = t(`${name}_${open ? "close" : "open"}`);
    setText(button.querySelector(".control-label") ?? button, label);
    button.title = button.disabled ? t("only_with_floor") : label;
    if (name === "screen_share") button.hidden = !navigator.mediaDevices?.getDisplayMedia;
  }

  /** @param {boolean} joined */
  #showHand(joined) {
    const button = /** @type {HTMLButtonElement} */ (byId("control-hand"));
    const { standing, state } = this.floor;
    const raised = Boolean(standing?.hand_raised_at);
    const chair = button.dataset.chair === "true";
    button.disabled = !joined;
    button.hidden = chair;
    button.dataset.state = state === "on" ? "on" : raised ? "raised" : "down";
    button.setAttribute("aria-pressed", String(raised));
    setIcon(button, state === "on" ? "arrow-left" : raised ? "hand-off" : "hand-stop");
    const words = state === "on" ? "leave_stage" : raised ? "hand_lower" : "hand_raise";
    setText(button.querySelector(".control-label") ?? button, t(words));
    const place = byId("hand-place");
    place.hidden = !raised || state === "on";
    setText(place, raised ? t("hand_place", { place: standing?.place ?? "–" }) : "");
  }
}

function toggleFullScreen() {
  if (document.fullscreenElement) return document.exitFullscreen();
  return byId("stage").requestFullscreen();
}
