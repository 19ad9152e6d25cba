// One room up close: its facts, its operator, and what can be done for it.

import { byId, setText } from "../common/dom.js";
import { html, render, repeat, sign } from "../common/html.js";
import { HubError } from "../common/http.js";
import { tenths } from "../common/numbers.js";
import { momentText } from "../common/times.js";
import { t } from "../common/words.js";
import { elsewhereWords } from "./elsewhere.js";
import { looksLike, stateIcon, stateWords } from "./states.js";
import { chart, layerName, rate } from "./linechart.js";

/** @typedef {import("confhub/api").Row} Row */

/**
 * What can be done for a room in this state: [icon, words, order, class].
 * @param {Row} row
 * @param {boolean} open whether the session takes rooms in now
 * @param {boolean} chief whether the reader controls the whole session
 * @returns {[string, string, "give" | "prepare" | "take" | "mute" | "call" | "bringOver" | "lead" | "remove" | "letIn", string][]}
 */
export function actionsFor(row, open, chief) {
  if (!open || row.state === "dropped" || !(chief || row.may_control)) return [];
  if (row.state === "removed") return chief ? [["door-enter", "let_in", "letIn", "btn-primary"]] : [];
  /** @type {ReturnType<typeof actionsFor>} */
  const actions = [];
  const floor = row.on_stage || row.has_floor;
  const here = row.state === "joined" && !row.silent_since;
  if (here && chief && !floor) actions.push(["microphone", "give_floor", "give", "btn-primary"]);
  if (here && chief && !floor && !row.on_deck) actions.push(["hourglass", "prepare", "prepare", ""]);
  if (row.on_deck && chief && !row.hand_raised_at) actions.push(["arrow-left", "release", "take", ""]);
  if (floor && chief && !row.is_chair) actions.push(["arrow-left", "take_floor", "take", "btn-primary"]);
  if (floor) actions.push(["microphone-off", "mute", "mute", ""]);
  if (row.elsewhere?.may_move) actions.push(["arrow-left", "bring_over", "bringOver", ""]);
  if (row.state !== "joined" && !row.elsewhere) actions.push(["phone-call", "call_again", "call", "btn-primary"]);
  if (here && chief && !row.is_chair) actions.push(["crown", "replace_chair", "lead", ""]);
  if (chief && !row.is_chair) actions.push(["user-x", "remove", "remove", "btn-outline-danger"]);
  return actions;
}

export class Panel {
  #dialog = /** @type {HTMLDialogElement} */ (byId("room-panel"));
  /** @type {number | null} */
  #shown = null;

  /** @type {import("confhub/api").Line | undefined | null} what is drawn; null: nothing for this room yet */
  #line = null;
  #asked = 0;
  #choice = /** @type {HTMLSelectElement} */ (byId("panel-profile"));

  /**
   * @param {import("./orders.js").Orders} orders
   * @param {import("./lines.js").Lines} lines
   */
  constructor(orders, lines) {
    this.orders = orders;
    this.lines = lines;
    this.#choice.addEventListener("change", () => {
      if (this.#shown !== null) this.orders.profile(this.#shown, /** @type {import("./orders.js").Profile | ""} */ (this.#choice.value) || null);
    });
    byId("panel-close").addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("close", () => {
      this.#shown = null;
    });
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close(); // the backdrop
    });
  }

  /**
   * @param {number} id
   * @param {import("./model.js").Picture} picture
   */
  open(id, picture) {
    this.#shown = id;
    this.#line = null; // or the figures of the room shown before would stand here
    render(null, byId("panel-chart"));
    this.draw(picture);
    this.#drawChart();
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  /** @param {import("./model.js").Picture} picture */
  draw({ rows, session, at }) {
    if (this.#shown === null) return;
    const row = rows.get(this.#shown);
    if (!row) return this.#dialog.close();
    setText(byId("panel-name"), row.name);
    setText(byId("panel-unit"), `${row.code} · ${row.unit_name}`);
    const badge = byId("panel-state");
    badge.className = `state state-${looksLike(row)}`;
    render(html`${sign(stateIcon(looksLike(row)))}${stateWords(row, at)}`, badge);
    render(facts(row, at), byId("panel-facts"));
    const open = session?.state === "lobby" || session?.state === "live";
    this.#drawActions(row, open, Boolean(session?.may_control));
    this.#drawLine(row, open && (Boolean(session?.may_control) || row.may_control));
  }

  /**
   * @param {Row} row
   * @param {boolean} mayChange
   */
  #drawLine(row, mayChange) {
    const own = /** @type {HTMLOptionElement} */ (this.#choice.options[0]);
    own.textContent = t("profile_own", { profile: t(`profile_${row.own_profile}`) });
    const chosen = row.profile === row.own_profile ? "" : row.profile;
    if (document.activeElement !== this.#choice) this.#choice.value = chosen;
    this.#choice.disabled = !mayChange;
    const line = this.lines.now.get(row.endpoint_id);
    if (line === this.#line) return;
    this.#line = line;
    byId("panel-line-now").textContent = line ? told(line.now) : "";
    this.#drawChart();
  }

  async #drawChart() {
    const shown = this.#shown;
    if (shown === null) return;
    this.#asked += 1;
    const asked = this.#asked;
    try {
      const samples = await this.lines.series(shown);
      if (asked === this.#asked && shown === this.#shown) render(chart(samples), byId("panel-chart"));
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
    }
  }

  /**
   * @param {Row} row
   * @param {boolean} open
   * @param {boolean} chief
   */
  #drawActions(row, open, chief) {
    // by order: a button under the pointer never becomes another one
    render(repeat(actionsFor(row, open, chief), ([, , order]) => order, ([icon, words, order, extra]) =>
      html`<button type="button" class="btn ${extra}" @click=${() => this.#carryOut(order, row)}>${sign(icon)}${t(words)}</button>`), byId("panel-actions"));
  }

  /**
   * @param {"give" | "prepare" | "take" | "mute" | "call" | "bringOver" | "lead" | "remove" | "letIn"} order
   * @param {Row} row
   */
  async #carryOut(order, row) {
    if (order === "call") await this.orders.call(row.endpoint_id);
    else if (order === "lead") await this.orders.lead(row.endpoint_id, row.name);
    else if (order === "bringOver") await this.orders.bringOver(row);
    else await this.orders[order](row.identity, row.name);
  }
}

/** @param {import("confhub/api").Sample} now */
function told(now) {
  const parts = [
    `${t("line_loss")} ${tenths(now.loss_down)} %`,
    rate(now.down_kbps + now.up_kbps),
    `${t("line_layer")}: ${layerName(now.layer)}`,
  ];
  if (now.rtt_ms !== null) parts.push(`${t("line_rtt")} ${tenths(now.rtt_ms)} ms`);
  if (now.tcp) parts.push("TCP");
  if (now.limited) parts.push(t("line_limited"));
  return parts.join(" · ");
}

/**
 * @param {Row} row
 * @param {string} at
 */
function machineWords(row, at) {
  if (row.online) return t("agent_online");
  if (row.state === "unpaired") return t("room_unpaired");
  return row.machine_seen_at ? t("agent_off_since", { time: momentText(row.machine_seen_at, at) }) : t("agent_offline");
}

/**
 * @param {Row} row
 * @param {string} at the hub's hour
 */
function facts(row, at) {
  /** @type {[string, unknown][]} */
  const told = [];
  if (row.elsewhere) told.push([t("room_elsewhere"), elsewhereWords(row.elsewhere, at)]);
  if (row.elsewhere?.moved_by) told.push([t("moved_by"), row.elsewhere.moved_by]);
  else if (row.moved_by) told.push([t("brought_over_by"), row.moved_by]);
  if (row.operator_name) told.push([t("operator"), row.operator_name]);
  if (row.operator_phone) {
    told.push([t("phone"), html`<a href="tel:${row.operator_phone.replace(/[^+\d]/g, "")}">${row.operator_phone}</a>`]);
  }
  told.push([t("agent"), machineWords(row, at)]);
  const moments = /** @type {const} */ ([
    ["called_at", row.elsewhere || row.state === "off" || row.state === "unpaired" ? null : row.called_at],
    ["joined_at", row.state === "joined" ? row.connected_since : null],
    ["last_seen_at", row.state === "joined" ? null : row.last_seen_at],
    ["hand_since", row.hand_raised_at],
  ]);
  for (const [name, moment] of moments) if (moment) told.push([t(name), momentText(moment, at)]);
  return told.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`);
}
