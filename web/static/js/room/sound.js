// The stage's sound: one hidden element a track, and the gesture that a browser may ask for first.

import { RoomEvent, Track } from "./livekit.js";
import { ownSlot } from "./stage.js";

/**
 * Plays every audio track of the room; shows `button` while the browser wants a click before it plays.
 * @param {import("livekit-client").Room} room
 * @param {HTMLElement} holder where the audio elements live
 * @param {HTMLButtonElement} button
 */
export function playSound(room, holder, button) {
  room.on(RoomEvent.TrackSubscribed, (track, _publication, participant) => {
    if (track.kind !== Track.Kind.Audio) return;
    const element = track.attach();
    element.dataset.participant = participant.identity;
    holder.append(element);
    hush();
  });
  const hush = () => {
    for (const element of holder.querySelectorAll("audio")) element.muted = ownSlot(room, element.dataset.participant ?? "");
  };
  room.on(RoomEvent.RoomMetadataChanged, hush);
  room.on(RoomEvent.TrackUnsubscribed, (track) => {
    if (track.kind === Track.Kind.Audio) for (const element of track.detach()) element.remove();
  });
  const show = () => {
    button.hidden = room.canPlaybackAudio;
  };
  room.on(RoomEvent.AudioPlaybackStatusChanged, show);
  button.addEventListener("click", async () => {
    await room.startAudio().catch(() => undefined);
    show();
  });
}
