// Beside the rooms: who is on stage, and the raised hands in the hub's order.

import { byId, setText } from "../common/dom.js";
import { html, nothing, render, repeat, sign } from "../common/html.js";
import { lengthText, momentText } from "../common/times.js";
import { t } from "../common/words.js";
import { looksLike, stateIcon, stateSince } from "./states.js";

/**
 * @import { Hand, OnStage, Person } from "confhub/api"
 * @import { Picture } from "./model.js"
 */

/**
 * @param {string} icon
 * @param {string} words
 * @param {() => void} act
 */
function action(icon, words, act) {
  return html`<button type="button" class="btn btn-sm btn-icon" title=${words} aria-label=${words} @click=${act}>${sign(icon)}</button>`;
}

/** A name with what is known of it. @param {string} name @param {(string | null)[]} facts */
function named(name, facts) {
  return html`<span class="side-name">${name}<span class="side-note">${facts.filter(Boolean).join(" · ")}</span></span>`;
}

export class Side {
  /** @type {Picture | null} */
  #picture = null;

  /**
   * @param {import("./orders.js").Orders} orders
   * @param {import("../common/times.js").HubClock} clock
   * @param {boolean} mayControl
   */
  constructor(orders, clock, mayControl) {
    this.orders = orders;
    this.clock = clock;
    this.mayControl = mayControl;
    window.setInterval(() => this.#drawHands(), 1_000);
  }

  /** @param {Picture} picture */
  draw(picture) {
    this.#picture = picture;
    const { stage, people, session, at } = picture;
    const may = this.mayControl && (session?.state === "lobby" || session?.state === "live");
    render(repeat(people, ({ identity }) => identity, (person) => this.#person(person, at, may)), byId("people-entries"));
    byId("people-card").hidden = people.length === 0;
    setText(byId("people-count"), String(people.filter((person) => person.state === "joined").length));
    render(repeat(stage, ({ identity }) => identity, (entry) => this.#onStage(entry, at)), byId("stage-entries"));
    byId("stage-empty").hidden = stage.length > 0;
    this.#drawHands();
  }

  #drawHands() {
    if (!this.#picture) return;
    const { floor, at } = this.#picture;
    render(repeat(floor, ({ id }) => id, (hand) => this.#hand(hand, at)), byId("hand-entries"));
    byId("hands-empty").hidden = floor.length > 0;
    setText(byId("hands-count"), floor.length ? String(floor.length) : "");
    const next = /** @type {HTMLButtonElement | null} */ (document.getElementById("hand-next"));
    if (next) next.disabled = !floor.some((hand) => hand.away_since === null);
  }

  /** @param {OnStage} entry @param {string} at */
  #onStage(entry, at) {
    const { identity, display_name: name, connected, shown, sharing } = entry;
    const muted = entry.muted.includes("microphone");
    const chair = entry.slot === "chair";
    const facts = [
      t(chair ? "chair" : "speaker"),
      shown ? "" : t("has_floor"),
      connected ? "" : entry.away_since ? t("away_since", { time: momentText(entry.away_since, at) }) : t("not_connected"),
      sharing ? t("sharing") : "",
      muted ? t("muted") : "",
    ];
    const buttons = () => [
      sharing ? action("screen-share-off", t("stop_screen"), () => this.orders.screen(identity, false)) : nothing,
      entry.sources.includes("screen_share") ? nothing : action("screen-share", t("allow_screen"), () => this.orders.screen(identity, true)),
      action(muted ? "microphone-off" : "microphone", t("mute"), () => this.orders.mute(identity, name)),
      chair ? nothing : action("arrow-left", t("take_floor"), () => this.orders.take(identity)),
    ];
    return html`<li class="side-entry" data-slot=${entry.slot} data-shown=${shown} data-connected=${connected}>
      ${sign(connected ? (chair ? "crown" : shown ? "microphone" : "clock") : "antenna-bars-off", "side-sign")}
      ${named(name, facts)}
      <span class="side-actions">${this.mayControl ? buttons() : nothing}</span>
    </li>`;
  }

  /** @param {Hand} hand @param {string} at */
  #hand({ identity, place, raised_at: raised, away_since: away, display_name: name }, at) {
    const waited = lengthText((this.clock.now() - Date.parse(raised)) / 1000);
    const give = () => html`<button type="button" class="btn btn-sm btn-primary" title=${t("give_floor")} aria-label=${t("give_floor")}
      @click=${() => this.orders.give(identity)}>${sign("check")}${t("give_floor")}</button>`;
    const buttons = () => [away ? nothing : give(), action("x", t("dismiss_hand"), () => this.orders.dismiss(identity))];
    return html`<li class="side-entry" data-connected=${!away}>
      <span class="hand-place" aria-label=${t("hand_place", { place })}>${place}</span>
      <span class="side-name">${name}<span class="side-note">${t("waiting_for")} <span>${waited}</span></span
        >${away ? html`<span class="side-note">${t("away_since", { time: momentText(away, at) })}</span>` : nothing}</span>
      <span class="side-actions">${this.mayControl ? buttons() : nothing}</span>
    </li>`;
  }

  /** @param {Person} person @param {string} at @param {boolean} may */
  #person(person, at, may) {
    const { identity, display_name: name, state } = person;
    const here = state === "joined" && !person.silent_since;
    const floor = person.on_stage || person.has_floor;
    const facts = [
      person.silent_since
        ? t("silent_since", { time: momentText(person.silent_since, at) })
        : stateSince(state, state === "joined" ? null : person.last_seen_at, at),
      person.on_stage ? t("on_stage") : "",
      person.has_floor ? t("has_floor") : "",
    ];
    const buttons = () => [
      here && !floor ? action("microphone", t("give_floor"), () => this.orders.give(identity)) : nothing,
      floor ? action("arrow-left", t("take_floor"), () => this.orders.take(identity)) : nothing,
      floor ? action("microphone-off", t("mute"), () => this.orders.mute(identity, name)) : nothing,
      state === "removed"
        ? action("door-enter", t("let_in"), () => this.orders.letIn(identity))
        : action("user-x", t("remove"), () => this.orders.remove(identity, name)),
    ];
    return html`<li class="side-entry" data-identity=${identity} data-connected=${here}>
      ${sign(stateIcon(looksLike(person)), "side-sign")}
      ${named(name, facts)}
      <span class="side-actions">${may ? buttons() : nothing}</span>
    </li>`;
  }
}
