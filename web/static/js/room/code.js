// The room's code on the room's own screen: a corner panel, large in the lobby and while a prompt is open; and
// what the training officer reminds the room of.

import { encodeQR } from "/static/vendor/qr.js";
import { byId, el, setText } from "../common/dom.js";
import { call, HubError } from "../common/http.js";
import { t } from "../common/words.js";

/** As tablets ask: a prompt and a reminder are open for minutes. */
const AGAIN_MS = 10_000;
const FAILED_AGAIN_MS = 5_000;
const CLOSED_AGAIN_MS = 20_000;
/** What ISO/IEC 18004 wants around a code. */
const QUIET_ZONE_MODULES = 4;

/** @typedef {import("confhub/api").RoomCode} RoomCode */

/**
 * A QR code as a picture as large as there is room, black on white whatever the colours of the page.
 * @param {string} text
 * @param {string} alt
 */
export function qrImage(text, alt) {
  const rows = encodeQR(text, "raw", { ecc: "medium", border: QUIET_ZONE_MODULES });
  const squares = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  const side = rows.length;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${side}v${side}H0z"/><path d="${squares}"/></svg>`;
  return el("img", { class: "qr", src: `data:image/svg+xml,${encodeURIComponent(svg)}`, alt });
}

/** Fetches the code in time for each change, and draws it. */
export class CodePanel {
  #timer = 0;
  #folded = false;
  #prompting = false;

  /** @param {number} session */
  constructor(session) {
    this.session = session;
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
    let next = FAILED_AGAIN_MS;
    try {
      const code = await call("GET", "/api/v1/sessions/{id}/room-code", { path: { id: this.session } });
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
    if (this.panel.dataset.url !== code.url) byId("code-qr").replaceChildren(qrImage(code.url, t("code_alt")));
    this.panel.dataset.url = code.url;
    byId("code-six-box").hidden = false;
    setText(byId("code-six"), `${code.six.slice(0, 3)} ${code.six.slice(3)}`);
    const { host } = new URL(code.url);
    setText(byId("code-where"), t("code_where", { address: `${host}/c`, room: code.room }));
    setText(byId("code-title"), t(prompting ? "code_confirm" : "code_check_in"));
    byId("code-reminders").replaceChildren(...code.reminders.map(({ what }) => el("li", {}, t(`remind_${what}`))));
  }
}
