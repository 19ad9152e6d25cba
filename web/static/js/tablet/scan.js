// Badges: read by the camera (the browser's own detector, else jsQR), or by a USB scanner that types.

import { reader } from "../checkin/qr.js";
import { byId, setText } from "../sessions/dom.js";
import { t } from "../sessions/words.js";

const LOOK_EVERY_MS = 120;
const SAME_AGAIN_MS = 4_000;
const KEY_GAP_MS = 60;
const BADGE_MIN_CHARS = 8;

/** The dialog with the camera's picture. */
export class CameraScan {
  /** @type {MediaStream | null} */
  #stream = null;
  #timer = 0;
  #last = { text: "", at: 0 };

  /** @param {(text: string) => void} onRead */
  constructor(onRead) {
    this.onRead = onRead;
    this.dialog = /** @type {HTMLDialogElement} */ (byId("scan"));
    this.video = /** @type {HTMLVideoElement} */ (byId("scan-video"));
    this.dialog.addEventListener("close", () => this.#stop());
  }

  async open() {
    this.dialog.showModal();
    this.say("");
    this.dialog.dataset.camera = "off";
    if (!navigator.mediaDevices?.getUserMedia) return this.say(t("camera_insecure"));
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false });
    } catch (error) {
      return this.say(t(/** @type {Error} */ (error).name === "NotAllowedError" ? "camera_denied" : "camera_missing"));
    }
    if (!this.dialog.open) return this.#stop();
    this.video.srcObject = this.#stream;
    await this.video.play().catch(() => {});
    this.dialog.dataset.camera = "on";
    const read = await reader();
    this.#look(read);
  }

  /** @param {string} text */
  say(text) {
    setText(byId("scan-told"), text);
  }

  /** @param {(video: HTMLVideoElement) => Promise<string | null>} read */
  async #look(read) {
    if (!this.#stream) return;
    const text = await read(this.video).catch(() => null);
    const now = Date.now();
    if (text && (text !== this.#last.text || now - this.#last.at > SAME_AGAIN_MS)) {
      this.#last = { text, at: now };
      this.onRead(text);
    } else if (text) this.#last.at = now; // it is still held before the camera
    this.#timer = window.setTimeout(() => this.#look(read), LOOK_EVERY_MS);
  }

  #stop() {
    window.clearTimeout(this.#timer);
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#last = { text: "", at: 0 };
  }
}

/**
 * A USB scanner types faster than people do and ends with Enter; it may do so anywhere on the page.
 * What it typed into a field is taken out again.
 * @param {(text: string) => void} onRead
 */
export function listenToScanner(onRead) {
  let typed = "";
  let last = 0;
  /** @type {HTMLInputElement | null} */
  let field = null;
  let before = "";
  document.addEventListener(
    "keydown",
    (event) => {
      const quick = event.timeStamp - last < KEY_GAP_MS;
      if (event.key === "Enter") {
        if (quick && typed.length >= BADGE_MIN_CHARS) {
          event.preventDefault();
          event.stopPropagation();
          if (field) {
            field.value = before;
            field.dispatchEvent(new Event("input", { bubbles: true }));
          }
          onRead(typed);
        }
        typed = "";
        return;
      }
      if (event.key.length !== 1 || event.ctrlKey || event.altKey || event.metaKey) return; // Shift and the like
      if (!quick) {
        typed = "";
        field = event.target instanceof HTMLInputElement ? event.target : null;
        before = field?.value ?? "";
      }
      typed += event.key;
      last = event.timeStamp;
    },
    true,
  );
}
