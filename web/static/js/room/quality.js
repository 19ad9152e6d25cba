// How good this room's own line is: LiveKit's judgement, and loss and picture size as measured here.

import { ConnectionQuality, ParticipantEvent, Track } from "./livekit.js";

const INTERVAL_MS = 4_000;

/**
 * @typedef {{received: number, lost: number}} Counts
 * @typedef {{quality: string, lossPercent: number | null, height: number | null}} Line
 */

/**
 * Loss of the interval between two readings.
 * @param {Counts} before
 * @param {Counts} now
 * @returns {number | null} percent; null where nothing was due
 */
export function loss(before, now) {
  const received = now.received - before.received;
  const lost = Math.max(0, now.lost - before.lost);
  if (received < 0 || received + lost === 0) return null;
  return (100 * lost) / (received + lost);
}

/** Tells `show` the state of the line every few seconds. */
export class LineWatch {
  /** @type {Counts} */
  #before = { received: 0, lost: 0 };

  /**
   * @param {import("livekit-client").Room} room
   * @param {(line: Line) => void} show
   */
  constructor(room, show) {
    this.room = room;
    this.show = show;
    room.localParticipant.on(ParticipantEvent.ConnectionQualityChanged, () => this.measure());
    window.setInterval(() => this.measure(), INTERVAL_MS);
  }

  async measure() {
    const now = { received: 0, lost: 0 };
    let height = 0;
    for (const participant of this.room.remoteParticipants.values()) {
      for (const { track } of participant.trackPublications.values()) {
        const report = await track?.getRTCStatsReport();
        report?.forEach((entry) => {
          if (entry.type !== "inbound-rtp") return;
          now.received += entry.packetsReceived ?? 0;
          now.lost += entry.packetsLost ?? 0;
          if (track?.source !== Track.Source.Microphone) height = Math.max(height, entry.frameHeight ?? 0);
        });
      }
    }
    const lossPercent = loss(this.#before, now);
    this.#before = now;
    const quality = this.room.localParticipant.connectionQuality;
    this.show({
      quality: quality === ConnectionQuality.Unknown ? guess(lossPercent) : quality,
      lossPercent,
      height: height || null,
    });
  }
}

/** @param {number | null} lossPercent */
function guess(lossPercent) {
  if (lossPercent === null) return ConnectionQuality.Unknown;
  if (lossPercent < 1) return ConnectionQuality.Excellent;
  return lossPercent < 5 ? ConnectionQuality.Good : ConnectionQuality.Poor;
}
