"""Signalling: any requests of one client to a real room, while another one and a stage viewer are in it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from google.protobuf.message import DecodeError
from livekit.protocol import models, rtc

from confhub.relay.room import handlers
from confhub.relay.room.data import datapackets, datatracks
from confhub.relay.room.negotiation.media import DualMedia, SingleMedia
from confhub.relay.room.participant import Participant
from confhub.relay.room.room import Room, RoomOptions
from confhub.relay.wire.sdp import SdpError
from fuzz.clockwork import Clockwork
from fuzz.law import Feed
from fuzz.source import Source
from fuzz.targets import messages
from fuzz.targets.relay import enter, new_rooms

MAX_REQUESTS = 16
_KINDS: list[Any] = list(rtc.SignalRequest.DESCRIPTOR.fields)
_SECTIONS = {
    "audio": (
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 0 8", "a=rtpmap:111 opus/48000/2", "a=fmtp:111 usedtx=1;stereo=1",
        "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    ),
    "video": (
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 45", "a=rtpmap:96 VP8/90000", "a=rtpmap:97 rtx/90000",
        "a=fmtp:97 apt=96", "a=rtpmap:98 VP9/90000", "a=rtpmap:99 H264/90000", "a=rtpmap:45 AV1/90000",
        "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli", "a=rtcp-fb:* goog-remb",
        "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
    ),
    "simulcast": (
        "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=rtpmap:96 VP8/90000", "a=rid:q send", "a=rid:h send",
        "a=rid:f send", "a=simulcast:send q;h;f",
        "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    ),
    "data": ("m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=sctp-port:5000"),
}  # fmt: skip
_START = ("v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE 0")
_SECRETS = ("a=ice-ufrag:abcd", "a=ice-pwd:" + "p" * 24, "a=fingerprint:sha-256 " + ":".join(["AB"] * 32))
_WAYS = ("sendonly", "recvonly", "sendrecv", "inactive")


@contextmanager
def ready() -> Iterator[Feed]:
    """First byte: v1 or v0, stage view or hall; then requests."""
    loop = Clockwork()
    yield lambda data: loop.drive(_one(data))
    loop.close()


async def _one(data: bytes) -> None:
    """Only SdpError; the others stay; the room can be left and closed."""
    source = Source(data)
    rooms = new_rooms(time.monotonic)
    room = Room(rooms.host, "hall", RoomOptions())
    how = source.number()
    media = DualMedia if how & 1 else SingleMedia
    anna = enter(room, "anna", view="stage" if how & 2 else "")
    for other in (enter(room, "binh"), enter(room, "chi", view="stage")):
        other.media = SingleMedia(room, other)
    anna.media = media(room, anna)
    try:
        for _ in range(MAX_REQUESTS):
            if source.is_empty:
                break
            _request(room, anna, source)
            room.announcer.flush(room.host.now())
        assert room.participants["binh"].link is not None
        for participant in room.participants.values():
            participant.info()
    finally:
        for participant in list(room.participants.values()):
            room.leave(participant, models.DisconnectReason.CLIENT_INITIATED)
        room.announcer.close()
        room.router.close()
        await rooms.host.mux.close()
    assert not room.participants


def _request(room: Room, anna: Participant, source: Source) -> None:
    how = source.number() % 8
    if how == 0:
        with contextlib.suppress(DecodeError, SdpError):
            handlers.handle(anna, rtc.SignalRequest.FromString(source.piece()))
    elif how == 1:
        _describe(anna, source, _offer(source), is_offer=True)
    elif how == 2:
        _describe(anna, source, source.piece().decode(errors="replace"), is_offer=source.flag())
    elif how == 3:
        label = source.pick((datapackets.RELIABLE, datapackets.LOSSY, "other"))
        datapackets.route(anna, label, source.piece())
    elif how == 4:
        datatracks.route(anna, source.piece())
    else:
        request = rtc.SignalRequest()
        field = source.pick(_KINDS)
        if field.message_type is None:
            setattr(request, field.name, messages.scalar(field, source, _names(room)))
        else:
            part = getattr(request, field.name)
            part.SetInParent()
            messages.fill(part, source, _names(room))
        with contextlib.suppress(SdpError):
            handlers.handle(anna, request)


def _describe(anna: Participant, source: Source, text: str, *, is_offer: bool) -> None:
    description = rtc.SessionDescription(type="offer", sdp=text, id=source.number())
    request = rtc.SignalRequest(offer=description) if is_offer else rtc.SignalRequest(answer=description)
    with contextlib.suppress(SdpError):
        handlers.handle(anna, request)


def _offer(source: Source) -> str:
    """A usable offer of some sections, one of its lines replaced."""
    lines = list(_START)
    for mid in range(source.number() % 5):
        kind = source.pick(tuple(_SECTIONS))
        media, *rest = _SECTIONS[kind]
        lines += [media, f"a=mid:{mid}", *_SECRETS, "a=setup:actpass", "a=rtcp-mux", *rest]
        if kind != "data":
            lines += [f"a={source.pick(_WAYS)}", f"a=msid:- {source.pick(('cam', 'mic', 'x'))}"]
            lines.append(f"a=ssrc:{source.number()} cname:x")
    if source.flag():
        lines[source.number() % len(lines)] = source.take(source.number() % 64).decode(errors="replace")
    return "".join(f"{line}\r\n" for line in lines)


def _names(room: Room) -> list[str]:
    """Names that mean something here."""
    known = ["", "anna", "binh", "cam", "mic", "x", "audio", "video", "video/VP8", "vp8", "q", "confhub.view"]
    for participant in room.participants.values():
        known.append(participant.sid)
        known += [*participant.pending, *participant.publications]
    return known
