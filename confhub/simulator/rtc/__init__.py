"""The room's own light WebRTC: ICE, DTLS and SRTP for hundreds of rooms in one thread, without libwebrtc."""
