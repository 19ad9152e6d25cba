// Beside the rooms: who is on stage, and the raised hands in the hub's order.

import { byId, el, icon, setText } from "../common/dom.js";
import { lengthText, momentText } from "../common/times.js";
import { t } from "../common/words.js";
import { fill } from "./rooms.js";
import { looksLike, stateIcon, stateSince } from "./states.js";

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
  #at = "";
  #open = false;
  #stage = new Entries(byId("stage-entries"));
  #hands = new Entries(byId("hand-entries"));
  #people = new Entries(byId("people-entries"));

  /**
   * @param {import("./orders.js").Orders} orders
   * @param {import("../common/times.js").HubClock} clock
   * @param {boolean} mayControl
   */
  constructor(orders, clock, mayControl) {
    this.orders = orders;
    this.clock = clock;
    this.mayControl = mayControl;
    window.setInterval(() => this.#tick(), 1_000);
  }

  /** @param {import("./model.js").Picture} picture */
  draw({ stage, floor, people, session, at }) {
    this.#at = at;
    this.#open = session?.state === "lobby" || session?.state === "live";
    const listed = people.map((person) => ({ ...person, open: this.#open })); // made anew when the session ends
    this.#people.draw(listed, (person) => person.identity, (person) => this.#person(person));
    byId("people-card").hidden = people.length === 0;
    setText(byId("people-count"), String(people.filter((person) => person.state === "joined").length));
    this.#stage.draw(stage, (entry) => entry.identity, (entry) => this.#onStage(entry));
    this.#hands.draw(floor, (hand) => String(hand.id), (hand) => this.#hand(hand));
    byId("stage-empty").hidden = stage.length > 0;
    byId("hands-empty").hidden = floor.length > 0;
    setText(byId("hands-count"), floor.length ? String(floor.length) : "");
    const next = /** @type {HTMLButtonElement | null} */ (document.getElementById("hand-next"));
    if (next) next.disabled = !floor.some((hand) => hand.away_since === null);
    this.#tick();
  }

  /** @param {import("confhub/api").OnStage} entry */
  #onStage(entry) {
    const { identity, display_name: name } = entry;
    const muted = entry.muted.includes("microphone");
    const chair = entry.slot === "chair";
    const away = entry.away_since ? t("away_since", { time: momentText(entry.away_since, this.#at) }) : t("not_connected");
    const facts = [
      t(chair ? "chair" : "speaker"),
      entry.shown ? "" : t("has_floor"),
      entry.connected ? "" : away,
      entry.sharing ? t("sharing") : "",
      muted ? t("muted") : "",
    ];
    const maySend = entry.sources.includes("screen_share");
    const buttons = this.mayControl
      ? [
          entry.sharing ? action("screen-share-off", t("stop_screen"), () => this.orders.screen(identity, false)) : null,
          maySend ? null : action("screen-share", t("allow_screen"), () => this.orders.screen(identity, true)),
          action(muted ? "microphone-off" : "microphone", t("mute"), () => this.orders.mute(identity, name)),
          chair ? null : action("arrow-left", t("take_floor"), () => this.orders.take(identity)),
        ]
      : [];
    return el(
      "li",
      { class: "side-entry", "data-slot": entry.slot, "data-shown": String(entry.shown), "data-connected": String(entry.connected) },
      icon(entry.connected ? (chair ? "crown" : entry.shown ? "microphone" : "clock") : "antenna-bars-off", "side-sign"),
      el("span", { class: "side-name" }, name, el("span", { class: "side-note" }, facts.filter(Boolean).join(" · "))),
      el("span", { class: "side-actions" }, ...buttons),
    );
  }

  /** @param {import("confhub/api").Hand} hand */
  #hand(hand) {
    const { identity, display_name: name } = hand;
    const away = hand.away_since;
    const buttons = this.mayControl
      ? [
          away ? null : action("check", t("give_floor"), () => this.orders.give(identity), "btn-primary"),
          action("x", t("dismiss_hand"), () => this.orders.dismiss(identity)),
        ]
      : [];
    return el(
      "li",
      { class: "side-entry", "data-connected": String(!away) },
      el("span", { class: "hand-place", "aria-label": t("hand_place", { place: hand.place }) }, String(hand.place)),
      el(
        "span",
        { class: "side-name" },
        name,
        el("span", { class: "side-note" }, t("waiting_for"), " ", el("span", { "data-since": hand.raised_at })),
        away ? el("span", { class: "side-note" }, t("away_since", { time: momentText(away, this.#at) })) : null,
      ),
      el("span", { class: "side-actions" }, ...buttons),
    );
  }

  /** @param {import("confhub/api").Person} person */
  #person(person) {
    const { identity, display_name: name } = person;
    const here = person.state === "joined" && !person.silent_since;
    const since = person.state === "joined" ? null : person.last_seen_at;
    const silent = person.silent_since && t("silent_since", { time: momentText(person.silent_since, this.#at) });
    const facts = [
      silent || stateSince(person.state, since, this.#at),
      person.on_stage ? t("on_stage") : "",
      person.has_floor ? t("has_floor") : "",
    ];
    const floor = person.on_stage || person.has_floor;
    const may = this.mayControl && this.#open;
    const gone = person.state === "removed";
    const buttons = may
      ? [
          here && !floor ? action("microphone", t("give_floor"), () => this.orders.give(identity)) : null,
          floor ? action("arrow-left", t("take_floor"), () => this.orders.take(identity)) : null,
          floor ? action("microphone-off", t("mute"), () => this.orders.mute(identity, name)) : null,
          gone
            ? action("door-enter", t("let_in"), () => this.orders.letIn(identity))
            : action("user-x", t("remove"), () => this.orders.remove(identity, name)),
        ]
      : [];
    return el(
      "li",
      { class: "side-entry", "data-identity": identity, "data-connected": String(here) },
      icon(stateIcon(looksLike(person)), "side-sign"),
      el("span", { class: "side-name" }, name, el("span", { class: "side-note" }, facts.filter(Boolean).join(" · "))),
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
