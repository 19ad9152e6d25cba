// Cameras, microphones and loudspeakers: which there are, which were chosen, and a look at them before joining.

import { keep, kept } from "../common/storage.js";
import { createLocalAudioTrack, createLocalVideoTrack, Room, VideoPresets } from "./livekit.js";

const STORED = "confhub.devices";

/** @typedef {"audioinput" | "videoinput" | "audiooutput"} Kind */

/** @returns {Partial<Record<Kind, string>>} device ids chosen on this machine */
export function chosenDevices() {
  return kept(STORED, {});
}

/**
 * @param {Kind} kind
 * @param {string} deviceId
 */
export function chooseDevice(kind, deviceId) {
  keep(STORED, { ...chosenDevices(), [kind]: deviceId });
}

/**
 * Devices of one kind, without asking for permission.
 * @param {Kind} kind
 * @returns {Promise<MediaDeviceInfo[]>} none where the browser gives no devices (no HTTPS, say)
 */
export async function listDevices(kind) {
  if (!navigator.mediaDevices?.enumerateDevices) return [];
  return (await Room.getLocalDevices(kind, false)).filter((device) => device.deviceId);
}

/**
 * Whether camera and microphone were allowed on this page before, so that a preview may start by itself.
 * @returns {Promise<boolean>}
 */
export async function permissionGiven() {
  try {
    const names = /** @type {PermissionName[]} */ (["camera", "microphone"]);
    const answers = await Promise.all(names.map((name) => navigator.permissions.query({ name })));
    return answers.every((answer) => answer.state === "granted");
  } catch {
    return false; // this browser does not tell
  }
}

/**
 * Which sentence says why a device did not open.
 * @param {unknown} error what getUserMedia threw
 * @returns {string} key of the page's words
 */
export function deviceFault(error) {
  const name = error instanceof Error ? error.name : "";
  if (!window.isSecureContext) return "device_insecure";
  if (name === "NotAllowedError" || name === "SecurityError") return "device_denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "device_missing";
  if (name === "NotReadableError" || name === "AbortError") return "device_busy";
  return "device_failed";
}

/** How a room's or a person's sound is taken: never without echo cancellation, the hall couples both. */
export const SOUND_CAPTURE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/**
 * The picture's size by bandwidth profile.
 * @param {string} profile full, low or audio
 */
export function pictureCapture(profile) {
  const preset = profile === "full" ? VideoPresets.h720 : VideoPresets.h360;
  return { resolution: preset.resolution };
}

/** Opens the chosen camera and microphone for a look before joining; closes them again. */
export class Preview {
  /** @type {import("livekit-client").LocalVideoTrack | null} */
  picture = null;
  /** @type {import("livekit-client").LocalAudioTrack | null} */
  sound = null;

  /** @param {HTMLVideoElement} video where the picture is shown */
  constructor(video) {
    this.video = video;
  }

  /** Open the chosen camera anew. Throws what getUserMedia throws. */
  async openPicture() {
    this.picture?.stop();
    this.picture = null;
    this.picture = await createLocalVideoTrack({
      deviceId: chosenDevices().videoinput,
      resolution: VideoPresets.h360.resolution,
    });
    this.picture.attach(this.video);
  }

  /** Open the chosen microphone anew. Throws what getUserMedia throws. */
  async openSound() {
    this.sound?.stop();
    this.sound = null;
    this.sound = await createLocalAudioTrack({ deviceId: chosenDevices().audioinput, ...SOUND_CAPTURE });
  }

  close() {
    this.picture?.stop();
    this.sound?.stop();
    this.picture = null;
    this.sound = null;
    this.video.srcObject = null;
  }
}
