// The rooms' lines while a session runs: asked for every few seconds, only while somebody looks at the page.

import { call, HubError } from "../common/http.js";

/** @import { Line, Sample } from "confhub/api" */

const DEFAULT_S = 5;

export class Lines {
  /** @type {Map<number, Line>} by endpoint id */
  now = new Map();
  #changed;
  #runs = false;
  #open = false;

  /**
   * @param {number} session
   * @param {() => void} changed called after news
   */
  constructor(session, changed) {
    this.session = session;
    this.#changed = changed;
  }

  /** @param {boolean} open whether the session takes rooms in now */
  follow(open) {
    this.#open = open;
    if (!open) {
      if (this.now.size) this.now = new Map();
      return;
    }
    if (this.#runs) return;
    this.#runs = true;
    this.#ask();
  }

  async #ask() {
    let pause = DEFAULT_S;
    if (document.visibilityState === "visible") {
      try {
        const answer = await call("GET", "/api/v1/sessions/{id}/quality", { path: { id: this.session } });
        if (!this.#open) {
          this.#runs = false; // it ended while the answer was on its way: nothing of it holds any more
          return;
        }
        pause = answer.sample_s;
        this.now = new Map(answer.rooms.map((line) => [line.endpoint_id, line]));
        this.#changed();
      } catch (error) {
        if (!(error instanceof HubError)) throw error;
        if (error.status === 403 || error.status === 404) return;
      }
    }
    if (this.#open) setTimeout(() => this.#ask(), pause * 1000);
    else this.#runs = false;
  }

  /**
   * One room over the session.
   * @param {number} endpointId
   * @returns {Promise<Sample[]>}
   */
  async series(endpointId) {
    const path = { id: this.session, endpoint: endpointId };
    return (await call("GET", "/api/v1/sessions/{id}/rooms/{endpoint}/quality", { path })).samples;
  }
}
