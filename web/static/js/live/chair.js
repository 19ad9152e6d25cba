// The chair that is lost while the session is live: said loudly, by words, sign and, if wanted, sound.

import { byId, setText } from "../common/dom.js";
import { keep, kept } from "../common/storage.js";
import { momentText } from "../common/times.js";
import { t } from "../common/words.js";
import { stateSince } from "./states.js";

const KEPT = "confhub.live.alarm";
const BEEPS = 3;

export class ChairAlarm {
  #box = byId("chair-lost");
  #sound = /** @type {HTMLInputElement} */ (byId("chair-sound"));
  #lost = false;

  /** @param {() => void} replace opens the list of rooms that may lead */
  constructor(replace) {
    this.#sound.checked = kept(KEPT) === true;
    this.#sound.addEventListener("change", () => {
      keep(KEPT, this.#sound.checked);
      if (this.#sound.checked) beep();
    });
    document.getElementById("chair-replace")?.addEventListener("click", replace);
  }

  /** @param {import("./model.js").Picture} picture */
  draw({ chair, session, at }) {
    const lost = session?.state === "live" && chair !== null && !chair.present;
    if (lost) {
      const words = chair.silent
        ? t("silent_since", { time: momentText(chair.since ?? at, at) })
        : stateSince(chair.state, chair.since, at);
      setText(byId("chair-words"), t("chair_lost", { name: chair.name, words }));
    }
    this.#box.hidden = !lost;
    if (lost && !this.#lost && this.#sound.checked) beep();
    this.#lost = lost;
  }
}

/** Three short tones; a browser that lets no page sound before a click stays silent. */
function beep() {
  const context = new AudioContext();
  for (let turn = 0; turn < BEEPS; turn += 1) {
    const tone = context.createOscillator();
    tone.frequency.value = 880;
    tone.connect(context.destination);
    tone.start(context.currentTime + turn * 0.4);
    tone.stop(context.currentTime + turn * 0.4 + 0.2);
    if (turn === BEEPS - 1) tone.addEventListener("ended", () => context.close());
  }
}

/**
 * The rooms that may lead, in a dialog; the chosen one is confirmed by the order itself.
 * @param {import("./model.js").Picture} picture
 * @param {import("./orders.js").Orders} orders
 */
export function chooseChair(picture, orders) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("chair-dialog"));
  const choice = /** @type {HTMLSelectElement} */ (byId("chair-choice"));
  const rooms = [...picture.rows.values()].filter((row) => row.state === "joined" && !row.silent_since && !row.is_chair);
  choice.replaceChildren(...rooms.map((row) => new Option(row.name, String(row.endpoint_id))));
  byId("chair-none").hidden = rooms.length > 0;
  const take = /** @type {HTMLButtonElement} */ (byId("chair-take"));
  take.disabled = rooms.length === 0;
  take.onclick = () => {
    const room = picture.rows.get(Number(choice.value));
    dialog.close();
    if (room) orders.lead(room.endpoint_id, room.name);
  };
  byId("chair-cancel").onclick = () => dialog.close();
  dialog.showModal();
}
