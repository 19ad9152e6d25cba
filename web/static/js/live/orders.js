// Orders from the control room, and the question before those that cannot be taken back.

import { call, HubError } from "../common/http.js";
import { ask } from "../common/question.js";
import { t } from "../common/words.js";
import { toast } from "../common/toast.js";

/** Each order: its call, and its question where it needs one. `{name}` in the words is the room's. */
export class Orders {
  /** @param {string} path the session's API path */
  constructor(path) {
    this.path = path;
  }

  /** @param {string} identity */
  give(identity) {
    return this.#carryOut("PUT", `/stage/${encodeURIComponent(identity)}`);
  }

  /** @param {string} identity */
  prepare(identity) {
    return this.#carryOut("PUT", `/deck/${encodeURIComponent(identity)}`);
  }

  next() {
    return this.#carryOut("POST", "/stage/next");
  }

  /** @param {string} identity */
  take(identity) {
    return this.#carryOut("DELETE", `/stage/${encodeURIComponent(identity)}`);
  }

  /** @param {string} identity */
  dismiss(identity) {
    return this.#carryOut("DELETE", `/hands/${encodeURIComponent(identity)}`);
  }

  /**
   * @param {string} identity
   * @param {string} name
   */
  async mute(identity, name) {
    const done = await this.#carryOut("POST", `/participants/${encodeURIComponent(identity)}/mute`, { source: "microphone" });
    if (done) toast(t("muted_done", { name }), "success");
  }

  /**
   * @param {string} identity
   * @param {string} name
   */
  async remove(identity, name) {
    if (!(await ask(t("remove_question", { name }), t("remove")))) return;
    await this.#carryOut("POST", `/participants/${encodeURIComponent(identity)}/remove`);
  }

  /** @param {string} identity */
  letIn(identity) {
    return this.#carryOut("POST", `/participants/${encodeURIComponent(identity)}/let-in`);
  }

  /** @param {number | null} endpointId null: every room that has not joined */
  async call(endpointId) {
    const answer = await this.#carryOut("POST", "/call", { endpoint_id: endpointId });
    if (answer) toast(t("called_done", { count: answer.called }), "success");
  }

  /**
   * Another room leads.
   * @param {number} endpointId
   * @param {string} name
   */
  async lead(endpointId, name) {
    if (!(await ask(t("replace_chair_question", { name }), t("replace_chair")))) return;
    if (await this.#carryOut("PUT", "/chair", { endpoint_id: endpointId })) toast(t("replace_chair_done", { name }), "success");
  }

  /**
   * @param {string} identity
   * @param {boolean} allowed
   */
  screen(identity, allowed) {
    return this.#carryOut(allowed ? "PUT" : "DELETE", `/participants/${encodeURIComponent(identity)}/screen`);
  }

  /**
   * Out of the session that the room is in, into this one.
   * @param {import("./model.js").Row} row
   */
  async bringOver({ endpoint_id: id, name, elsewhere }) {
    const title = elsewhere?.title ?? "";
    if (!(await ask(t("bring_over_question", { name, title }), t("bring_over"), true))) return;
    await this.#carryOut("POST", `/rooms/${id}/bring-over`);
  }

  /**
   * @param {number} endpointId
   * @param {string | null} profile full, low or audio; null: the room's own
   */
  profile(endpointId, profile) {
    return this.#carryOut("PUT", `/rooms/${endpointId}/profile`, { profile });
  }

  /** @param {"open-lobby" | "start" | "end"} step */
  async step(step) {
    if (step !== "open-lobby" && !(await ask(t(`${step}_question`), t(`${step}_verb`), step === "end"))) return;
    await this.#carryOut("POST", `/${step}`);
  }

  /**
   * @param {"POST" | "PUT" | "DELETE"} method
   * @param {string} path
   * @param {unknown} [body]
   * @returns {Promise<any>} the answer, or null where the hub refused (and was quoted)
   */
  async #carryOut(method, path, body) {
    try {
      return (await call(method, this.path + path, body)) ?? {};
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      toast(error.message || t("hub_unreachable"), "danger");
      return null;
    }
  }
}
