// Orders from the control room, and the question before those that cannot be taken back.

import { call, HubError } from "../common/http.js";
import { ask } from "../common/question.js";
import { toast } from "../common/toast.js";
import { t } from "../common/words.js";

/**
 * @import { Row } from "confhub/api"
 * @typedef {"full" | "low" | "audio"} Profile
 */

/** Each order: its call, and its question where it needs one. `{name}` in the words is the room's. */
export class Orders {
  /** @param {number} session */
  constructor(session) {
    this.id = session;
  }

  /** @param {string} identity */
  give(identity) {
    return carriedOut(call("PUT", "/api/v1/sessions/{id}/stage/{identity}", { path: { id: this.id, identity } }));
  }

  /** @param {string} identity */
  prepare(identity) {
    return carriedOut(call("PUT", "/api/v1/sessions/{id}/deck/{identity}", { path: { id: this.id, identity } }));
  }

  next() {
    return carriedOut(call("POST", "/api/v1/sessions/{id}/stage/next", { path: { id: this.id } }));
  }

  /** @param {string} identity */
  take(identity) {
    return carriedOut(call("DELETE", "/api/v1/sessions/{id}/stage/{identity}", { path: { id: this.id, identity } }));
  }

  /** @param {string} identity */
  dismiss(identity) {
    return carriedOut(call("DELETE", "/api/v1/sessions/{id}/hands/{identity}", { path: { id: this.id, identity } }));
  }

  /**
   * @param {string} identity
   * @param {string} name
   */
  async mute(identity, name) {
    const path = { id: this.id, identity };
    const done = await carriedOut(call("POST", "/api/v1/sessions/{id}/participants/{identity}/mute", { path, body: { source: "microphone" } }));
    if (done) toast(t("muted_done", { name }), "success");
  }

  /**
   * @param {string} identity
   * @param {string} name
   */
  async remove(identity, name) {
    if (!(await ask(t("remove_question", { name }), t("remove")))) return;
    await carriedOut(call("POST", "/api/v1/sessions/{id}/participants/{identity}/remove", { path: { id: this.id, identity } }));
  }

  /** @param {string} identity */
  letIn(identity) {
    return carriedOut(call("POST", "/api/v1/sessions/{id}/participants/{identity}/let-in", { path: { id: this.id, identity } }));
  }

  /** @param {number | null} endpoint null: every room that has not joined */
  async call(endpoint) {
    const answer = await carriedOut(call("POST", "/api/v1/sessions/{id}/call", { path: { id: this.id }, body: { endpoint_id: endpoint } }));
    if (answer) toast(t("called_done", { count: answer.called }), "success");
  }

  /**
   * Another room leads.
   * @param {number} endpoint
   * @param {string} name
   */
  async lead(endpoint, name) {
    if (!(await ask(t("replace_chair_question", { name }), t("replace_chair")))) return;
    const done = await carriedOut(call("PUT", "/api/v1/sessions/{id}/chair", { path: { id: this.id }, body: { endpoint_id: endpoint } }));
    if (done) toast(t("replace_chair_done", { name }), "success");
  }

  /**
   * @param {string} identity
   * @param {boolean} allowed
   */
  screen(identity, allowed) {
    return carriedOut(call(allowed ? "PUT" : "DELETE", "/api/v1/sessions/{id}/participants/{identity}/screen", { path: { id: this.id, identity } }));
  }

  /**
   * Out of the session that the room is in, into this one.
   * @param {Row} row
   */
  async bringOver({ endpoint_id: endpoint, name, elsewhere }) {
    const title = elsewhere?.title ?? "";
    if (!(await ask(t("bring_over_question", { name, title }), t("bring_over"), true))) return;
    await carriedOut(call("POST", "/api/v1/sessions/{id}/rooms/{endpoint}/bring-over", { path: { id: this.id, endpoint } }));
  }

  /**
   * @param {number} endpoint
   * @param {Profile | null} profile null: the room's own
   */
  profile(endpoint, profile) {
    return carriedOut(call("PUT", "/api/v1/sessions/{id}/rooms/{endpoint}/profile", { path: { id: this.id, endpoint }, body: { profile } }));
  }

  /** @param {"open-lobby" | "start" | "end"} step */
  async step(step) {
    if (step !== "open-lobby" && !(await ask(t(`${step}_question`), t(`${step}_verb`), step === "end"))) return;
    await carriedOut(call("POST", `/api/v1/sessions/{id}/${step}`, { path: { id: this.id } }));
  }
}

/**
 * @template T
 * @param {Promise<T>} calling
 * @returns {Promise<(T extends null ? true : T) | null>} the answer, true where it is none, or null where the hub refused
 *   (and was quoted)
 */
async function carriedOut(calling) {
  try {
    return /** @type {any} */ ((await calling) ?? true);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    toast(error.message || t("hub_unreachable"), "danger");
    return null;
  }
}
