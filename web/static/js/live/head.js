// The head of the live page: state, running time, counts by tier, and the steps of the session's life.

import { byId, el, setText } from "../common/dom.js";
import { lengthText } from "../common/times.js";
import { t } from "../common/words.js";
import { fill } from "./rooms.js";

/** @typedef {import("confhub/api").Tier} Tier */

/** Which steps are offered in which state. */
const STEPS = { scheduled: ["open-lobby", "start"], lobby: ["start"], live: ["end"] };

class TierCard {
  /** @param {string} name */
  constructor(name) {
    this.joined = el("span", { class: "tier-joined" });
    this.expected = el("span", { class: "tier-expected" });
    this.note = el("span", { class: "tier-note" });
    this.bar = el("progress", { class: "tier-bar", max: 1, value: 0, "aria-hidden": "true" });
    this.element = el(
      "div",
      { class: "tier-card" },
      el("span", { class: "tier-name" }, name),
      el("span", { class: "tier-figure" }, this.joined, this.expected),
      this.bar,
      this.note,
    );
  }

  /** @param {Tier} tier */
  show(tier) {
    setText(this.joined, String(tier.joined));
    setText(this.expected, ` / ${tier.expected}`);
    setText(this.note, tier.lost ? t("tier_lost", { count: tier.lost }) : "");
    this.bar.max = Math.max(1, tier.expected);
    this.bar.value = tier.joined;
    this.element.dataset.complete = String(tier.joined === tier.expected);
  }
}

export class Head {
  /** @type {Map<string, TierCard>} */
  #cards = new Map();
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
    fill(
      byId("tiers"),
      all.map((tier) => this.#card(tier)),
    );
    this.#tick();
  }

  /** @param {Tier} tier */
  #card(tier) {
    const key = String(tier.tier_id ?? "all");
    const card = this.#cards.get(key) ?? new TierCard(this.language === "en" ? tier.name_en : tier.name);
    this.#cards.set(key, card);
    card.show(tier);
    return card.element;
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
