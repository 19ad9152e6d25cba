// The stage's sound: one hidden element a track, and the gesture that a browser may ask for first.

import { RoomEvent, Track } from "./livekit.js";

/**
 * Plays every audio track of the room; shows `button` while the browser wants a click before it plays.
 * @param {import("livekit-client").Room} room
 * @param {HTMLElement} holder where the audio elements live
 * @param {HTMLButtonElement} button
 */
export function playSound(room, holder, button) {
  room.on(RoomEvent.TrackSubscribed, (track) => {
    if (track.kind === Track.Kind.Audio) holder.append(track.attach());
  });
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
