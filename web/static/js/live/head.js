// The head of the live page: state, running time, counts by tier, and the steps of the session's life.

import { byId, setText } from "../common/dom.js";
import { html, render, repeat } from "../common/html.js";
import { lengthText } from "../common/times.js";
import { t } from "../common/words.js";

/** @typedef {import("confhub/api").Tier} Tier */

/** Which steps are offered in which state. */
const STEPS = { scheduled: ["open-lobby", "start"], lobby: ["start"], live: ["end"] };

/**
 * @param {Tier} tier
 * @param {string} name
 */
function card({ expected, joined, lost }, name) {
  return html`<div class="tier-card" data-complete=${joined === expected}>
    <span class="tier-name">${name}</span>
    <span class="tier-figure"><span class="tier-joined">${joined}</span><span class="tier-expected"> / ${expected}</span></span>
    <progress class="tier-bar" .max=${Math.max(1, expected)} .value=${joined} aria-hidden="true"></progress>
    <span class="tier-note">${lost ? t("tier_lost", { count: lost }) : ""}</span>
  </div>`;
}

export class Head {
  /** @type {import("confhub/api").Snapshot["session"] | null} */
  #session = null;

  /**
   * @param {import("../common/times.js").HubClock} clock
   * @param {string} language
   */
  constructor(clock, language) {
    this.clock = clock;
    this.language = language;
    window.setInterval(() => this.#tick(), 1_000);
  }

  /** @param {import("./model.js").Picture} picture */
  draw({ session, tiers, total }) {
    this.#session = session;
    if (session) this.#drawState(session);
    const all = total && tiers.length > 1 ? [{ ...total, name: t("all_rooms"), name_en: t("all_rooms") }, ...tiers] : tiers;
    const nameOf = (/** @type {Tier} */ tier) => (this.language === "en" ? tier.name_en : tier.name);
    render(repeat(all, (tier) => tier.tier_id, (tier) => card(tier, nameOf(tier))), byId("tiers"));
    this.#tick();
  }

  /** @param {import("confhub/api").Snapshot["session"]} session */
  #drawState(session) {
    const badge = byId("session-state");
    badge.className = `state state-${session.state}`;
    setText(byId("session-state-word"), t(`state_${session.state}`));
    document.body.dataset.session = session.state;
    const offered = STEPS[/** @type {keyof typeof STEPS} */ (session.state)] ?? [];
    for (const button of document.querySelectorAll("[data-step]")) {
      const step = /** @type {HTMLElement} */ (button);
      step.hidden = !offered.includes(step.dataset.step ?? "");
    }
    const over = ["ended", "archived", "cancelled"].includes(session.state);
    byId("over-note").hidden = !over;
    for (const button of document.querySelectorAll("[data-open-only]")) {
      /** @type {HTMLElement} */ (button).hidden = !["lobby", "live"].includes(session.state);
    }
  }

  #tick() {
    const session = this.#session;
    if (!session) return;
    const now = this.clock.now();
    if (session.actual_start) {
      const end = session.actual_end ? new Date(session.actual_end).getTime() : now;
      setText(byId("running"), lengthText((end - new Date(session.actual_start).getTime()) / 1000));
    } else {
      const left = (new Date(session.starts_at).getTime() - now) / 1000;
      setText(byId("running"), left > 0 ? t("starts_in", { time: lengthText(left) }) : "");
    }
  }
}
