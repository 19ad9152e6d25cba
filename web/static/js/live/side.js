// Beside the rooms: who is on stage, and the raised hands in the hub's order.

import { byId, el, icon, setText } from "../sessions/dom.js";
import { lengthText } from "../sessions/times.js";
import { t } from "../sessions/words.js";
import { fill } from "./rooms.js";

/**
 * @param {string} sign
 * @param {string} words
 * @param {() => void} act
 * @param {string} [extra]
 */
function action(sign, words, act, extra = "btn-icon") {
  const button = el("button", { type: "button", class: `btn btn-sm ${extra}`, title: words, "aria-label": words }, icon(sign));
  if (extra !== "btn-icon") button.append(words);
  button.addEventListener("click", act);
  return button;
}

/** A list whose entries are made anew only when what they show changed. */
class Entries {
  /** @type {Map<string, {made: string, element: HTMLElement}>} */
  #known = new Map();

  /** @param {HTMLElement} holder */
  constructor(holder) {
    this.holder = holder;
  }

  /**
   * @template T
   * @param {T[]} entries
   * @param {(entry: T) => string} key
   * @param {(entry: T) => HTMLElement} make
   */
  draw(entries, key, make) {
    const next = new Map();
    for (const entry of entries) {
      const made = JSON.stringify(entry);
      const known = this.#known.get(key(entry));
      next.set(key(entry), known?.made === made ? known : { made, element: make(entry) });
    }
    this.#known = next;
    fill(
      this.holder,
      [...next.values()].map(({ element }) => element),
    );
  }
}

export class Side {
  #stage = new Entries(byId("stage-entries"));
  #hands = new Entries(byId("hand-entries"));

  /**
   * @param {import("./orders.js").Orders} orders
   * @param {import("../sessions/times.js").HubClock} clock
   * @param {boolean} mayControl
   */
  constructor(orders, clock, mayControl) {
    this.orders = orders;
    this.clock = clock;
    this.mayControl = mayControl;
    window.setInterval(() => this.#tick(), 1_000);
  }

  /** @param {import("./model.js").Picture} picture */
  draw({ stage, floor }) {
    this.#stage.draw(stage, (entry) => entry.identity, (entry) => this.#onStage(entry));
    this.#hands.draw(floor, (hand) => String(hand.id), (hand) => this.#hand(hand));
    byId("stage-empty").hidden = stage.length > 0;
    byId("hands-empty").hidden = floor.length > 0;
    setText(byId("hands-count"), floor.length ? String(floor.length) : "");
    const next = /** @type {HTMLButtonElement | null} */ (document.getElementById("hand-next"));
    if (next) next.disabled = floor.length === 0;
    this.#tick();
  }

  /** @param {import("./model.js").OnStage} entry */
  #onStage(entry) {
    const { identity, display_name: name } = entry;
    const muted = entry.muted.includes("microphone");
    const chair = entry.slot === "chair";
    const facts = [t(chair ? "chair" : "speaker"), entry.connected ? "" : t("not_connected"), muted ? t("muted") : ""];
    const buttons = this.mayControl
      ? [
          action(muted ? "microphone-off" : "microphone", t("mute"), () => this.orders.mute(identity, name)),
          chair ? null : action("arrow-left", t("take_floor"), () => this.orders.take(identity)),
        ]
      : [];
    return el(
      "li",
      { class: "side-entry", "data-slot": entry.slot, "data-connected": String(entry.connected) },
      icon(chair ? "crown" : "microphone", "side-sign"),
      el("span", { class: "side-name" }, name, el("span", { class: "side-note" }, facts.filter(Boolean).join(" · "))),
      el("span", { class: "side-actions" }, ...buttons),
    );
  }

  /** @param {import("./model.js").Hand} hand */
  #hand(hand) {
    const { identity, display_name: name } = hand;
    const buttons = this.mayControl
      ? [
          action("check", t("give_floor"), () => this.orders.give(identity), "btn-primary"),
          action("x", t("dismiss_hand"), () => this.orders.dismiss(identity)),
        ]
      : [];
    return el(
      "li",
      { class: "side-entry" },
      el("span", { class: "hand-place", "aria-label": t("hand_place", { place: hand.place }) }, String(hand.place)),
      el(
        "span",
        { class: "side-name" },
        name,
        el("span", { class: "side-note" }, t("waiting_for"), " ", el("span", { "data-since": hand.raised_at })),
      ),
      el("span", { class: "side-actions" }, ...buttons),
    );
  }

  #tick() {
    for (const shown of document.querySelectorAll("[data-since]")) {
      const since = new Date(/** @type {HTMLElement} */ (shown).dataset.since ?? "").getTime();
      setText(shown, lengthText((this.clock.now() - since) / 1000));
    }
  }
}
