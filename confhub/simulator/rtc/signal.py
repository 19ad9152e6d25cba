"""LiveKit's signalling as a room speaks it (`/rtc/v1`, one peer connection): build and read its messages;
pure."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit, urlunsplit

from google.protobuf.message import DecodeError
from livekit.protocol import models, rtc

from endpoints.clip.container import ClipTrack

PROTOCOL = 17
MAX_MESSAGE_BYTES = 4 * 1024 * 1024  # an `update` of a whole conference to somebody who sees all of it


class SignalError(ValueError):
    """The bytes or the URL are not of LiveKit's signalling."""


def connect_url(base: str, join_request: str) -> str:
    """The WebSocket's URL. `base` is ws, wss, http or https; raises SignalError for others."""
    parts = urlsplit(base)
    scheme = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}.get(parts.scheme)
    if scheme is None or not parts.netloc:
        raise SignalError("media URL is neither ws:// nor wss://")
    path = parts.path.rstrip("/") + "/rtc/v1"
    return urlunsplit((scheme, parts.netloc, path, f"join_request={join_request}", ""))


def join_request(offer: str, version: str) -> str:
    """The `join_request` query value: base64url, padded, of WrappedJoinRequest with the first offer."""
    request = rtc.JoinRequest(
        client_info=_client(version),
        connection_settings=rtc.ConnectionSettings(auto_subscribe=True, adaptive_stream=False),
        publisher_offer=rtc.SessionDescription(type="offer", sdp=offer, id=1),
    )
    return _wrapped(request)


def resume_request(sid: str, version: str) -> str:
    """The `join_request` of a participant that was there and goes on, its media untouched."""
    return _wrapped(
        rtc.JoinRequest(
            client_info=_client(version),
            connection_settings=rtc.ConnectionSettings(auto_subscribe=True, adaptive_stream=False),
            reconnect=True,
            reconnect_reason=models.ReconnectReason.RR_SIGNAL_DISCONNECTED,
            participant_sid=sid,
        )
    )


def _client(version: str) -> models.ClientInfo:
    return models.ClientInfo(sdk=models.ClientInfo.SDK.PYTHON, version=version, protocol=PROTOCOL, os="linux")


def _wrapped(request: rtc.JoinRequest) -> str:
    wrapped = rtc.WrappedJoinRequest(join_request=request.SerializeToString())
    return base64.urlsafe_b64encode(wrapped.SerializeToString()).decode()


def parse_response(data: bytes) -> rtc.SignalResponse:
    """One binary frame from the server. Raises SignalError."""
    if len(data) > MAX_MESSAGE_BYTES:
        raise SignalError("message too large")
    try:
        return rtc.SignalResponse.FromString(data)
    except DecodeError as error:
        raise SignalError("not a SignalResponse") from error


def offer(sdp: str, number: int, mid_to_track: dict[str, str]) -> bytes:
    """A renegotiation's offer; the answer echoes `number`."""
    description = rtc.SessionDescription(type="offer", sdp=sdp, id=number, mid_to_track_id=mid_to_track)
    return _request(rtc.SignalRequest(offer=description))


def add_track(cid: str, track: ClipTrack, ssrc: int) -> bytes:
    """Announces the camera or microphone that is about to be published."""
    if track.kind == "audio":
        request = rtc.AddTrackRequest(
            cid=cid, name="microphone", type=models.TrackType.AUDIO, source=models.TrackSource.MICROPHONE
        )
    else:
        width, height = int(track.details.get("width", 0)), int(track.details.get("height", 0))
        layer = models.VideoLayer(quality=models.VideoQuality.HIGH, width=width, height=height, ssrc=ssrc)
        request = rtc.AddTrackRequest(
            cid=cid,
            name="camera",
            type=models.TrackType.VIDEO,
            source=models.TrackSource.CAMERA,
            width=width,
            height=height,
            layers=[layer],
            simulcast_codecs=[rtc.SimulcastCodec(codec="vp8", cid=cid)],
        )
    return _request(rtc.SignalRequest(add_track=request))


def mute(sid: str, muted: bool) -> bytes:
    """Tells that a published track is (un)muted at its source."""
    return _request(rtc.SignalRequest(mute=rtc.MuteTrackRequest(sid=sid, muted=muted)))


def ping(now_ms: int) -> bytes:
    """`ping_req`."""
    return _request(rtc.SignalRequest(ping_req=rtc.Ping(timestamp=now_ms)))


def leave() -> bytes:
    """Goodbye by the room itself."""
    reason = models.DisconnectReason.CLIENT_INITIATED
    action = rtc.LeaveRequest.Action.DISCONNECT
    return _request(rtc.SignalRequest(leave=rtc.LeaveRequest(reason=reason, action=action)))


def _request(request: rtc.SignalRequest) -> bytes:
    return request.SerializeToString()


def candidate_line(candidate_init: str) -> str:
    """The `candidate` value in a trickle message's JSON; empty when there is none."""
    marker = '"candidate":"'
    start = candidate_init.find(marker)
    if start < 0 or len(candidate_init) > 4096:
        return ""
    start += len(marker)
    return candidate_init[start : candidate_init.find('"', start)]
