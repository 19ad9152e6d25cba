// The one place that names LiveKit's client library.

export {
  ConnectionQuality,
  DisconnectReason,
  ParticipantEvent,
  Room,
  RoomEvent,
  Track,
  VideoPresets,
  createLocalAudioTrack,
  createLocalVideoTrack,
} from "/static/vendor/livekit-client.esm.mjs";
