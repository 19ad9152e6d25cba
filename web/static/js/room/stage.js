// The stage: who is on it, and where each source stands.

import { el, icon } from "../common/dom.js";
import { t } from "../common/words.js";
import { ParticipantEvent, RoomEvent, Track } from "./livekit.js";

/**
 * @typedef {import("livekit-client").Participant} Participant
 * @typedef {object} Seat somebody on stage, and whose tracks show it
 * @property {Participant} participant
 * @property {string} identity
 * @property {string} name
 * @typedef {Seat & {source: "camera" | "content"}} Source
 */

const MOST_TILES = 12; // a stage is a few sources; more would be a hall, and is only listed
const SLOT = "stage:"; // identities of the relay's stage slots: one subscription each, whoever is behind it

/**
 * Who is behind each slot, as the hub writes it into the room's metadata.
 * @param {string | undefined} metadata
 * @returns {Record<string, {identity: string, name: string} | null | undefined>}
 */
export function occupants(metadata) {
  try {
    return JSON.parse(metadata || "{}").stage ?? {};
  } catch {
    return {};
  }
}

/** @param {Participant} participant */
export function isSlot(participant) {
  return participant.identity.startsWith(SLOT);
}

/**
 * Whether this page itself stands behind a slot: it neither shows nor hears itself come back.
 * @param {import("livekit-client").Room} room
 * @param {string} identity of the slot's participant
 */
export function ownSlot(room, identity) {
  const who = identity.startsWith(SLOT) ? occupants(room.metadata)[identity.slice(SLOT.length)] : null;
  return Boolean(who) && who?.identity === room.localParticipant.identity;
}

/**
 * Whether the rooms see and hear this page now: it stands behind a slot. Who has the floor may wait for its turn.
 * @param {import("livekit-client").Room} room
 */
export function isShown(room) {
  const standing = Object.values(occupants(room.metadata));
  return standing.length === 0 || standing.some((who) => who?.identity === room.localParticipant.identity);
}

/**
 * Everybody on stage. Behind a slot stands whom the room's metadata names; this page's own picture is its own.
 * @param {import("livekit-client").Room} room
 * @returns {Seat[]}
 */
export function seats(room) {
  const behind = occupants(room.metadata);
  /** @type {Seat[]} */
  const seated = [];
  for (const participant of room.remoteParticipants.values()) {
    if (!isSlot(participant)) {
      if (onStage(participant)) seated.push({ participant, identity: participant.identity, name: participant.name || participant.identity });
      continue;
    }
    const who = behind[participant.identity.slice(SLOT.length)];
    if (!who || ownSlot(room, participant.identity)) continue;
    seated.push({ participant, identity: who.identity, name: who.name || who.identity });
  }
  const me = room.localParticipant;
  if (onStage(me)) seated.push({ participant: me, identity: me.identity, name: me.name || me.identity });
  return seated;
}

/**
 * Sources in the order of their places: content first, then the chair, then the others as they came.
 * @param {Seat[]} seated
 * @param {string} chair the chair's identity
 * @returns {Source[]}
 */
export function arrange(seated, chair) {
  const ordered = [...seated].sort((a, b) => {
    if ((a.identity === chair) !== (b.identity === chair)) return a.identity === chair ? -1 : 1;
    const [first, second] = [a, b].map(({ participant }) => participant.joinedAt?.getTime() ?? 0);
    return first - second || (a.identity < b.identity ? -1 : 1);
  });
  /** @type {Source[]} */
  const content = ordered.filter(({ participant }) => shares(participant)).map((seat) => ({ ...seat, source: "content" }));
  /** @type {Source[]} */
  const cameras = ordered.filter(({ participant }) => films(participant)).map((seat) => ({ ...seat, source: "camera" }));
  return [...content, ...cameras].slice(0, MOST_TILES);
}

/** @param {Participant} participant */
function shares(participant) {
  const shared = participant.getTrackPublication(Track.Source.ScreenShare);
  return Boolean(shared && !shared.isMuted && (participant.isLocal ? shared.track : true));
}

/** Everybody has a place for the camera, but for the slot of a shared screen. @param {Participant} participant */
function films(participant) {
  return !isSlot(participant) || Boolean(participant.getTrackPublication(Track.Source.Camera));
}

/**
 * Whether a participant is on stage: it holds the right to publish, or (an engine that tells no rights) it does.
 * @param {Participant} participant
 */
export function onStage(participant) {
  if (participant.permissions) return participant.permissions.canPublish;
  return participant.trackPublications.size > 0;
}

/** The crown before the chair's name, and its word for whoever cannot see it. */
function chairSign() {
  return el("span", { class: "chair-sign", title: t("chair") }, icon("crown"), el("span", { class: "visually-hidden" }, `${t("chair")}: `));
}

/** One source's place: picture or placeholder, name, signs for microphone and speech. */
class Tile {
  /** @type {import("livekit-client").Track | null} */
  #shown = null;

  chair = false;

  /** @param {Source} source */
  constructor(source) {
    this.source = source;
    this.video = el("video", { class: "tile-video", autoplay: true, playsinline: true, muted: true });
    this.video.muted = true;
    this.placeholder = el("div", { class: "tile-placeholder", "aria-hidden": "true" }, icon("video-off"));
    this.name = el("span", { class: "tile-name" });
    this.role = el("span", { class: "tile-role badge" });
    this.microphone = el("span", { class: "tile-mic" }, icon("microphone-off"));
    this.paused = el("div", { class: "tile-paused", role: "status", hidden: true }, icon("antenna-bars-off"), t("picture_paused"));
    const caption = el("figcaption", { class: "tile-caption" }, this.microphone, this.name, this.role);
    this.element = el("figure", { class: "tile" }, this.video, this.placeholder, this.paused, caption);
  }

  update() {
    const { participant, source, identity, name } = this.source;
    const wanted = source === "content" ? Track.Source.ScreenShare : Track.Source.Camera;
    const publication = participant.getTrackPublication(wanted);
    const track = publication && !publication.isMuted ? (publication.videoTrack ?? null) : null;
    if (track !== this.#shown) {
      this.#shown?.detach(this.video);
      track?.attach(this.video);
      this.video.muted = true; // sound has elements of its own
      this.#shown = track;
    }
    const speech = participant.getTrackPublication(Track.Source.Microphone);
    const open = Boolean(speech && !speech.isMuted);
    const { dataset } = this.element;
    dataset.source = source;
    dataset.identity = identity;
    dataset.picture = track ? "on" : "off";
    dataset.own = String(participant.isLocal);
    dataset.chair = String(this.chair);
    dataset.speaking = String(participant.isSpeaking && source === "camera");
    dataset.mirror = String(participant.isLocal && source === "camera");
    this.name.textContent = source === "content" ? t("content_of", { name }) : name;
    this.role.textContent = participant.isLocal ? t("you") : this.chair ? t("chair") : "";
    this.role.hidden = !this.role.textContent || source === "content";
    this.microphone.hidden = open || source === "content";
    this.microphone.title = t("microphone_off");
    this.placeholder.hidden = Boolean(track);
    this.paused.hidden = track?.streamState !== Track.StreamState.Paused;
  }

  remove() {
    this.#shown?.detach(this.video);
    this.#shown = null;
    this.element.remove();
  }
}

/** Draws the stage of a LiveKit room into an element, and who is on it into a list. */
export class Stage {
  /** @type {Map<string, Tile>} */
  #tiles = new Map();
  #scheduled = false;

  /**
   * @param {import("livekit-client").Room} room
   * @param {{grid: HTMLElement, list: HTMLElement, empty: HTMLElement, chair: string}} where
   */
  constructor(room, { grid, list, empty, chair }) {
    this.room = room;
    this.grid = grid;
    this.list = list;
    this.empty = empty;
    this.chair = chair;
    const draw = () => this.#schedule();
    for (const event of [
      RoomEvent.ParticipantConnected,
      RoomEvent.ParticipantDisconnected,
      RoomEvent.TrackPublished,
      RoomEvent.TrackUnpublished,
      RoomEvent.TrackSubscribed,
      RoomEvent.TrackUnsubscribed,
      RoomEvent.TrackMuted,
      RoomEvent.TrackUnmuted,
      RoomEvent.TrackStreamStateChanged,
      RoomEvent.LocalTrackPublished,
      RoomEvent.LocalTrackUnpublished,
      RoomEvent.ActiveSpeakersChanged,
      RoomEvent.ParticipantPermissionsChanged,
      RoomEvent.ParticipantNameChanged,
      RoomEvent.RoomMetadataChanged,
      RoomEvent.Connected,
      RoomEvent.Disconnected,
      RoomEvent.Reconnected,
    ]) {
      room.on(/** @type {any} */ (event), draw);
    }
    room.localParticipant.on(ParticipantEvent.ParticipantPermissionsChanged, draw);
    draw();
  }

  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.draw();
    });
  }

  draw() {
    const present = seats(this.room);
    const sources = arrange(present, this.chair);
    const keys = sources.map(({ participant, source }) => `${source}:${participant.sid || participant.identity}`);
    for (const [key, tile] of this.#tiles) {
      if (keys.includes(key)) continue;
      tile.remove();
      this.#tiles.delete(key);
    }
    sources.forEach((source, place) => {
      const key = keys[place];
      const tile = this.#tiles.get(key) ?? new Tile(source);
      this.#tiles.set(key, tile);
      tile.source = source;
      tile.chair = source.identity === this.chair;
      tile.update();
      tile.element.dataset.place = place === 0 ? "main" : "side";
      if (this.grid.children[place] !== tile.element) this.grid.insertBefore(tile.element, this.grid.children[place] ?? null);
    });
    this.grid.dataset.count = String(Math.min(sources.length, MOST_TILES));
    this.grid.dataset.content = String(sources[0]?.source === "content");
    this.empty.hidden = sources.length > 0;
    this.#list(present);
  }

  /** @param {Seat[]} present */
  #list(present) {
    const told = arrange(present, this.chair)
      .filter(({ participant, source }) => source === "camera" && (!participant.isLocal || isShown(this.room)))
      .map(({ participant, identity, name }) => {
        const text = participant.isLocal ? t("listed_you", { name }) : name;
        return { text, chair: identity === this.chair };
      });
    const key = JSON.stringify(told);
    if (this.list.dataset.told === key) return;
    this.list.dataset.told = key;
    this.list.replaceChildren(...told.map(({ text, chair }) => el("li", {}, ...(chair ? [chairSign()] : []), text)));
  }
}
