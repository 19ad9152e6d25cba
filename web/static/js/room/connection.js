// The connection to the media room: joins with a fresh token, stays, and comes back by itself.

import { HubError } from "../common/http.js";
import { DisconnectReason, Room, RoomEvent, VideoPresets } from "./livekit.js";
import { chosenDevices, pictureCapture, SOUND_CAPTURE } from "./devices.js";

// idle → joining → joined ⇄ resuming → rejoining → joined; from each of them: closed | refused | left | replaced

/**
 * @typedef {"idle" | "joining" | "joined" | "resuming" | "rejoining" | "closed" | "refused" | "left" | "replaced"} State
 * @import { Ticket } from "confhub/api"
 */

const FIRST_WAIT_MS = [200, 1_000];
const LONGEST_WAIT_MS = 2_000;
const RESUME_WAITS_MS = [100, 300, 600, 1_000, 1_500, 2_000];

/** How long to wait before the next attempt: 0.2–1 s at first, doubling to 2 s, never the same in two rooms. */
export class Backoff {
  #longestMs = 0;

  /** @returns {number} milliseconds */
  next() {
    const [least, most] = FIRST_WAIT_MS;
    this.#longestMs = this.#longestMs ? Math.min(this.#longestMs * 2, LONGEST_WAIT_MS) : most;
    return least + Math.random() * (this.#longestMs - least);
  }

  reset() {
    this.#longestMs = 0;
  }
}

/**
 * What the hub's refusal of a token means for the page.
 * @param {unknown} error
 * @returns {State | null} null: the hub or the network is away, try again
 */
function verdict(error) {
  if (!(error instanceof HubError)) return null;
  if (error.code === "session_not_open" || error.status === 404 || error.status === 410) return "closed";
  if (error.status === 403 || error.status === 401) return "refused";
  return null;
}

/** Events: `state` when `state` changed. The LiveKit room is `room`; its events are everybody's. */
export class Connection extends EventTarget {
  /** @type {State} */
  state = "idle";
  identity = "";
  /** @type {HubError | null} why `refused` */
  refusal = null;
  #backoff = new Backoff();
  #wanted = false;
  #joining = false;

  /**
   * @param {() => Promise<Ticket>} fetchTicket asks the hub for an address and a token, anew at each attempt
   * @param {string} profile bandwidth profile: full, low or audio
   */
  constructor(fetchTicket, profile) {
    super();
    this.fetchTicket = fetchTicket;
    const chosen = chosenDevices();
    this.room = new Room({
      adaptiveStream: { pixelDensity: "screen" },
      dynacast: true,
      disconnectOnPageLeave: true,
      audioCaptureDefaults: { deviceId: chosen.audioinput, ...SOUND_CAPTURE },
      videoCaptureDefaults: { deviceId: chosen.videoinput, ...pictureCapture(profile) },
      audioOutput: { deviceId: chosen.audiooutput ?? "default" },
      publishDefaults: {
        videoCodec: "vp8",
        red: false,
        dtx: true,
        videoSimulcastLayers: profile === "full" ? [VideoPresets.h180, VideoPresets.h360] : [VideoPresets.h180],
        stopMicTrackOnMute: false,
      },
      reconnectPolicy: {
        nextRetryDelayInMs: ({ retryCount }) => {
          const wait = RESUME_WAITS_MS[retryCount];
          return wait === undefined ? null : wait * (0.5 + Math.random());
        },
      },
    });
    this.room
      .on(RoomEvent.SignalReconnecting, () => this.#set("resuming"))
      .on(RoomEvent.Reconnecting, () => this.#set("resuming"))
      .on(RoomEvent.Reconnected, () => this.#set("joined"))
      .on(RoomEvent.Disconnected, (reason) => this.#disconnected(reason));
  }

  /** @param {State} state */
  #set(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }

  /** Join, and stay until `leave()`, the session's end, or a refusal. Resolves at the first of these or when joined. */
  async join() {
    this.#wanted = true;
    this.#backoff.reset();
    this.#set("joining");
    await this.#attempts();
  }

  async #attempts() {
    if (this.#joining) return;
    this.#joining = true;
    try {
      while (this.#wanted && !(await this.#attempt())) {
        await new Promise((resolve) => window.setTimeout(resolve, this.#backoff.next()));
      }
    } finally {
      this.#joining = false;
    }
  }

  /** @returns {Promise<boolean>} whether this is settled, one way or the other */
  async #attempt() {
    try {
      const ticket = await this.fetchTicket();
      if (!this.#wanted) return true;
      this.identity = ticket.identity;
      await this.room.connect(ticket.url, ticket.token, { maxRetries: 0 });
    } catch (error) {
      const settled = verdict(error);
      if (settled === null) return false;
      this.refusal = /** @type {HubError} */ (error);
      this.#wanted = false;
      this.#set(settled);
      return true;
    }
    this.#backoff.reset();
    this.#set("joined");
    return true;
  }

  /** @param {DisconnectReason | undefined} reason */
  #disconnected(reason) {
    if (!this.#wanted || this.#joining) return;
    if (reason === DisconnectReason.DUPLICATE_IDENTITY) {
      this.#wanted = false;
      this.#set("replaced");
      return;
    }
    // Removed, room closed, relay restarted, line cut: the hub's answer to the next token request decides.
    this.#set("rejoining");
    this.#attempts();
  }

  async leave() {
    this.#wanted = false;
    this.#set("left");
    await this.room.disconnect();
  }

  /** The hub said that the session is over, or that this participant is not wanted; nothing more is tried. */
  async close() {
    this.#wanted = false;
    this.#set("closed");
    await this.room.disconnect();
  }
}
