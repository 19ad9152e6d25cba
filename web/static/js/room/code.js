// The room's code on the room's own screen: a corner panel, large in the lobby and while a prompt is open; and
// what the training officer reminds the room of.

import { byId, el, setText } from "../sessions/dom.js";
import { call, HubError } from "../sessions/hub.js";
import { t } from "../sessions/words.js";

const AGAIN_MS = 5_000;
const CLOSED_AGAIN_MS = 20_000;

/**
 * @typedef {object} RoomCode
 * @property {string} url
 * @property {string} svg
 * @property {string} six
 * @property {string} room the number that is typed along with the six digits
 * @property {number} next_in_ms
 * @property {{open: boolean, closes_at: string} | null} prompt
 * @property {{id: number, what: string, at: string, by: string}[]} reminders
 */

/**
 * A QR code as a picture: nothing of the hub's markup becomes part of the page.
 * @param {string} svg
 * @param {string} alt
 */
export function qrImage(svg, alt) {
  const whole = svg.includes("xmlns=") ? svg : svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"');
  return el("img", { class: "qr", src: `data:image/svg+xml,${encodeURIComponent(whole)}`, alt });
}

/** Fetches the code in time for each change, and draws it. */
export class CodePanel {
  #timer = 0;
  #folded = false;
  #prompting = false;

  /** @param {string} path of the session in the API */
  constructor(path) {
    this.path = path;
    this.panel = byId("room-code");
    byId("code-fold").addEventListener("click", () => this.#fold(!this.#folded));
    this.#ask();
  }

  /** @param {boolean} folded */
  #fold(folded) {
    this.#folded = folded;
    this.panel.dataset.folded = String(folded);
    byId("code-fold").setAttribute("aria-expanded", String(!folded));
  }

  async #ask() {
    window.clearTimeout(this.#timer);
    let next = AGAIN_MS;
    try {
      const code = /** @type {RoomCode} */ (await call("GET", `${this.path}/room-code`));
      this.#draw(code);
      next = Math.min(Math.max(code.next_in_ms, 500), AGAIN_MS);
    } catch (error) {
      // A code that is over is worse than none; a refusal means that this session has none now.
      this.panel.hidden = true;
      if (error instanceof HubError && error.status >= 400 && error.status < 500) next = CLOSED_AGAIN_MS;
    }
    this.#timer = window.setTimeout(() => this.#ask(), next);
  }

  /** @param {RoomCode} code */
  #draw(code) {
    const prompting = Boolean(code.prompt?.open);
    if (prompting && !this.#prompting) this.#fold(false);
    this.#prompting = prompting;
    this.panel.hidden = false;
    document.body.dataset.prompt = prompting ? "open" : "";
    this.panel.dataset.prompt = String(prompting);
    if (this.panel.dataset.url !== code.url) byId("code-qr").replaceChildren(qrImage(code.svg, t("code_alt")));
    this.panel.dataset.url = code.url;
    byId("code-six-box").hidden = false;
    setText(byId("code-six"), `${code.six.slice(0, 3)} ${code.six.slice(3)}`);
    const { host } = new URL(code.url);
    setText(byId("code-where"), t("code_where", { address: `${host}/c`, room: code.room }));
    setText(byId("code-title"), t(prompting ? "code_confirm" : "code_check_in"));
    byId("code-reminders").replaceChildren(...code.reminders.map(({ what }) => el("li", {}, t(`remind_${what}`))));
  }
}
