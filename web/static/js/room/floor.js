// The floor: the raised hand, being next, the invitation to the stage, and what is open then.

import { call } from "../common/http.js";
import { ParticipantEvent, RoomEvent, Track } from "./livekit.js";

// off → deck → on → off, or off → invited → on → off; the hub grants and withdraws, this side only ever opens
// what was granted. On deck: next to speak, and heard by nobody yet.

/** @import { Standing } from "confhub/api" */

/** Names of sources as the hub writes them, and as LiveKit does. */
const SOURCES = {
  camera: Track.Source.Camera,
  microphone: Track.Source.Microphone,
  screen_share: Track.Source.ScreenShare,
};

/** What a screen is sent as. */
const SCREEN = [Track.Source.ScreenShare, Track.Source.ScreenShareAudio];

/** LiveKit's TrackSource numbers as they stand in `canPublishSources`. */
const SOURCE_NUMBER = { camera: 1, microphone: 2, screen_share: 3 };

/** @typedef {keyof typeof SOURCES} SourceName */

/** Events: `change` when anything shown may differ; `fault` (detail: the error) when a device did not open;
 * `muted` when the control room muted a source. */
export class Floor extends EventTarget {
  /** @type {"off" | "deck" | "invited" | "on"} */
  state = "off";
  /** @type {Standing | null} */
  standing = null;
  #accepted = false;
  #words = 0; // how often the hub told the standing
  /** @type {Set<SourceName>} sources in the act of being switched by this page */
  #switching = new Set();

  /**
   * @param {import("livekit-client").Room} room
   * @param {number} session
   * @param {() => string} identity this page's media identity, empty before the first ticket
   */
  constructor(room, session, identity) {
    super();
    this.room = room;
    this.session = session;
    this.identity = identity;
    const me = room.localParticipant;
    me.on(ParticipantEvent.ParticipantPermissionsChanged, () => this.#review());
    me.on(ParticipantEvent.TrackMuted, (publication) => this.#mutedFromOutside(publication));
    room.on(RoomEvent.Connected, () => this.#review());
    room.on(RoomEvent.Reconnected, () => this.#review());
    for (const event of [RoomEvent.LocalTrackPublished, RoomEvent.LocalTrackUnpublished]) {
      room.on(/** @type {any} */ (event), () => this.#changed());
    }
    for (const event of [ParticipantEvent.TrackUnmuted]) me.on(/** @type {any} */ (event), () => this.#changed());
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** @param {Standing} standing the hub's newest word */
  heard(standing) {
    this.#words += 1;
    this.standing = standing;
    if (!standing.on_stage) this.#accepted = false;
    this.#review();
  }

  /** Whether the media server lets this participant publish now. */
  get granted() {
    return Boolean(this.room.localParticipant.permissions?.canPublish);
  }

  /** Whether to send ahead, so that the floor is taken within a blink; not where rooms are asked first. */
  get ahead() {
    return this.state === "deck" && Boolean(this.standing?.auto_accept);
  }

  /** @param {SourceName} name */
  mayOpen(name) {
    return (this.state === "on" || this.ahead) && this.#allows(name);
  }

  /** @param {SourceName} name */
  isOpen(name) {
    const publication = this.room.localParticipant.getTrackPublication(SOURCES[name]);
    return Boolean(publication?.track && !publication.isMuted);
  }

  /** @param {SourceName} name whether the control room muted this source and it was not opened again here */
  mutedByHub(name) {
    return Boolean(this.standing?.muted.includes(name)) && !this.isOpen(name);
  }

  /** The grant comes from the media server, its meaning from the hub, in either order. */
  #review() {
    const { standing } = this;
    if (!this.granted) {
      this.#withdraw();
    } else if (standing?.on_stage && this.state !== "on") {
      if (this.#accepted || standing.auto_accept) this.accept();
      else this.state = "invited";
    } else if (standing?.on_deck && this.state !== "deck") {
      this.state = "deck";
      if (this.ahead) this.#open();
      else this.#close();
    }
    if (this.granted && !this.#allows("screen_share")) this.#close(SCREEN);
    this.#changed();
  }

  /** @param {SourceName} name whether the grant, if there is one, covers this source */
  #allows(name) {
    const sources = this.room.localParticipant.permissions?.canPublishSources ?? [];
    return sources.length === 0 || sources.some((source) => Number(source) === SOURCE_NUMBER[name]);
  }

  /** Nothing may be sent any more. */
  #withdraw() {
    if (this.standing && !this.standing.on_stage) this.#accepted = false;
    this.state = "off";
    this.#close();
  }

  /**
   * Close every device, at once; or those of these sources.
   * @param {import("livekit-client").Track.Source[]} [only]
   */
  #close(only) {
    for (const publication of this.room.localParticipant.trackPublications.values()) {
      if (only && !only.includes(publication.source)) continue;
      if (publication.track) this.room.localParticipant.unpublishTrack(publication.track, true).catch(() => undefined);
    }
  }

  /** Go on stage: open what the grant allows, except what the control room muted. */
  async accept() {
    if (!this.granted || this.state === "on") return;
    const { ahead } = this; // then everything stands as the people in the room left it
    this.state = "on";
    this.#accepted = true;
    this.#changed();
    if (!ahead) await this.#open();
  }

  async #open() {
    for (const name of /** @type {SourceName[]} */ (["microphone", "camera"])) {
      if (this.standing?.muted.includes(name)) continue;
      if (this.mayOpen(name)) await this.set(name, true);
    }
  }

  /**
   * Open or close a source. Faults of devices come as `fault` events.
   * @param {SourceName} name
   * @param {boolean} open
   */
  async set(name, open) {
    if ((open && !this.mayOpen(name)) || this.#switching.has(name)) return;
    const me = this.room.localParticipant;
    this.#switching.add(name);
    try {
      if (name === "microphone") await me.setMicrophoneEnabled(open);
      else if (name === "camera") await me.setCameraEnabled(open);
      else await me.setScreenShareEnabled(open, { audio: true, contentHint: "detail", selfBrowserSurface: "exclude" });
    } catch (error) {
      const cancelled = name === "screen_share" && error instanceof Error && error.name === "NotAllowedError";
      if (this.granted && !cancelled) this.dispatchEvent(new CustomEvent("fault", { detail: error }));
    } finally {
      this.#switching.delete(name);
      this.#changed();
    }
  }

  /** @param {import("livekit-client").TrackPublication} publication */
  #mutedFromOutside(publication) {
    const name = publication.source === Track.Source.Microphone ? "microphone" : "camera";
    const ours = this.#switching.has(name);
    if (!ours && this.granted) this.dispatchEvent(new CustomEvent("muted", { detail: name }));
    this.#changed();
  }

  raise() {
    return this.#ask(call("POST", "/api/v1/sessions/{id}/hand", this.#wish()));
  }

  lower() {
    return this.#ask(call("DELETE", "/api/v1/sessions/{id}/hand", this.#wish()));
  }

  /** Leave the stage, or decline the invitation. */
  giveBack() {
    this.#accepted = false;
    return this.#ask(call("DELETE", "/api/v1/sessions/{id}/floor/mine", this.#wish()));
  }

  #wish() {
    return { path: { id: this.session }, body: { identity: this.identity() } };
  }

  /**
   * The answer counts unless the hub said something newer by its events while it was on its way.
   * @param {Promise<Standing>} calling
   */
  async #ask(calling) {
    const before = this.#words;
    const standing = await calling;
    if (this.#words === before) this.heard(standing);
  }
}
