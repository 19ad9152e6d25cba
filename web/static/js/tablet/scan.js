// Badges: read by the camera (the browser's own detector, else jsQR), or by a USB scanner that types.

import { reader } from "../checkin/qr.js";
import { byId, setText } from "../common/dom.js";
import { t } from "../common/words.js";

const LOOK_EVERY_MS = 120;
const SAME_AGAIN_MS = 4_000;
/** The longest gap between a scanner's keys, in fields, where people type too. */
const KEY_GAP_MS = 60;
/** The same elsewhere, where nobody types anything but a code. */
const PAUSE_MS = 2_000;
const BADGE_MIN_CHARS = 8;
const TYPED_IN = "input:not([type=checkbox], [type=radio])";
const KEY_CODE = /^(?:Key|Digit|Numpad)?(\w|Enter)$/;

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
 * A USB scanner types and ends with Enter; it may do so anywhere on the page. In a field it is told from
 * people by its speed, or by a known code that fills the field, and what it typed there is taken out again.
 * @param {(text: string) => void} onRead
 * @param {(text: string) => boolean} known whether a code is of somebody here
 */
export function listenToScanner(onRead, known) {
  let typed = "";
  let last = 0;
  /** @type {HTMLInputElement | null} */
  let field = null;
  let before = "";
  document.addEventListener(
    "keydown",
    (event) => {
      const target = event.target instanceof HTMLInputElement && event.target.matches(TYPED_IN) ? event.target : null;
      const goesOn = target === field && event.timeStamp - last < (target ? KEY_GAP_MS : PAUSE_MS);
      const key = keyOf(event);
      if (key === "Enter") {
        const whole = target !== null && known(target.value);
        const text = whole ? target.value : typed;
        if (whole || (goesOn && typed.length >= BADGE_MIN_CHARS)) {
          event.preventDefault();
          event.stopPropagation();
          if (target) {
            target.value = whole ? "" : before;
            target.dispatchEvent(new Event("input", { bubbles: true }));
          }
          onRead(text);
        }
        typed = "";
        return;
      }
      if (key.length !== 1 || event.ctrlKey || event.altKey || event.metaKey) return; // Shift and the like
      if (!goesOn) {
        typed = "";
        field = target;
        before = target?.value ?? "";
      }
      typed += key;
      last = event.timeStamp;
    },
    true,
  );
}

/** The key's character or name, also where a Vietnamese input method holds it back. @param {KeyboardEvent} event */
function keyOf({ key, code }) {
  return key === "Process" ? (KEY_CODE.exec(code)?.[1] ?? key) : key;
}
