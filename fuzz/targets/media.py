"""Media: decrypted RTP and RTCP of a publisher and a viewer through the forwarding, sealed at its end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pylibsrtp

from confhub.relay.forward.mediapeer import MediaPeer
from confhub.relay.forward.router import Router
from confhub.relay.forward.specs import (
    ABS_SEND_TIME_URI,
    AUDIO_LEVEL_URI,
    DEPENDENCY_DESCRIPTOR_URI,
    MID_URI,
    RID_URI,
    DownSpec,
    PayloadSpec,
    Quality,
    UpSpec,
)
from confhub.relay.forward.twins import new_fanout
from fuzz.clockwork import Clockwork
from fuzz.law import Feed
from fuzz.source import Source
from fuzz.targets.relay import ADDRESS, NoEvents, Sink, new_mux

MAX_PACKETS = 64
_FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb")
_UP = {1: AUDIO_LEVEL_URI, 2: ABS_SEND_TIME_URI, 4: MID_URI, 10: RID_URI, 12: DEPENDENCY_DESCRIPTOR_URI}
_DOWN = {3: ABS_SEND_TIME_URI, 5: AUDIO_LEVEL_URI, 7: DEPENDENCY_DESCRIPTOR_URI}
_CODECS = ("vp8", "h264", "vp9", "av1")
_HEADS = (0x80, 0x80, 0x90, 0x90, 0xB0, 0xA0, 0x9F, 0x81)
_TYPES = (96, 96 | 0x80, 111, 111, 97, 98, 96, 0)
_SOURCES = (1, 2, 31, 32, 33, 99, 41, 3)


@contextmanager
def ready() -> Iterator[Feed]:
    """First byte: the codec and how the picture is published; then packets."""
    loop = Clockwork()
    yield lambda data: loop.drive(_one(data))
    loop.close()


async def _one(data: bytes) -> None:
    """Nothing is raised; what leaves is sealed and no longer than what a datagram holds."""
    source = Source(data)
    now_s = [5.0]
    mux = new_mux(lambda: now_s[0])
    router = Router(wall=time.time, fanout=new_fanout(mux.now), on_sooner=lambda: None)
    sink = Sink()
    peers: list[MediaPeer] = []
    for _ in range(3):
        transport = mux.new_transport(NoEvents())
        transport.path.use_session(pylibsrtp.Session(_policy()))
        transport.path.address, transport.path.sendto = ADDRESS, sink.sendto
        transport.state = "connected"
        peers.append(router.add_peer(transport))
    publisher, viewer, second = peers
    _tracks(publisher, (viewer, second), source, now_s[0])
    for _ in range(MAX_PACKETS):
        if source.is_empty:
            break
        now_s[0] += source.number() / 250
        _packet(publisher, (viewer, second), source, now_s[0])
        if source.flag():
            router.fanout.flush()
    router.fanout.flush()
    assert all(len(datagram) <= 2048 for datagram in sink.datagrams)
    router.close()
    for peer in peers:
        mux.forget(peer.transport)


def _policy() -> pylibsrtp.Policy:
    policy = pylibsrtp.Policy(
        key=bytes(28), ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND,
        srtp_profile=pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    )  # fmt: skip
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    return policy


def _tracks(publisher: MediaPeer, viewers: tuple[MediaPeer, ...], source: Source, now_s: float) -> None:
    how = source.number()
    codec = _CODECS[how & 3]
    video = [PayloadSpec(96, codec, 90000, _FEEDBACK), PayloadSpec(97, "rtx", 90000, apt=96)]
    audio = [PayloadSpec(111, "opus", 48000)]
    if how & 4:
        up = UpSpec("TR_v", "video", "1", video, _UP, rids=["q", "h", "f"])
    elif how & 8:
        up = UpSpec("TR_v", "video", "1", video, _UP, ssrcs=[31, 32, 33], sim_ssrcs=[31, 32, 33])
    else:
        up = UpSpec("TR_v", "video", "1", video, _UP, ssrcs=[31], rtx_ssrcs={41: 31})
    picture = publisher.publish(up, now_s)
    sound = publisher.publish(UpSpec("TR_a", "audio", "0", audio, _UP, ssrcs=[1]), now_s)
    for number, viewer in enumerate(viewers):
        down = [
            PayloadSpec(120 + number, codec, 90000, _FEEDBACK),
            PayloadSpec(125, "rtx", 90000, apt=120 + number),
        ]
        copy = viewer.subscribe(picture, DownSpec(viewer.new_ssrc(), down, _DOWN, "x"), now_s)
        viewer.subscribe(
            sound, DownSpec(viewer.new_ssrc(), [PayloadSpec(63, "opus", 48000)], _DOWN, "x"), now_s
        )
        copy.set_quality(Quality(number % 3), now_s)


def _packet(publisher: MediaPeer, viewers: tuple[MediaPeer, ...], source: Source, now_s: float) -> None:
    how = source.number() % 8
    if how < 5:
        seq, ssrc = source.number(), source.pick(_SOURCES)
        head = bytes((source.pick(_HEADS), source.pick(_TYPES))) + seq.to_bytes(2, "big")
        publisher.on_rtp(head + bytes(4) + ssrc.to_bytes(4, "big") + source.take(source.number() % 96), now_s)
    elif how == 5:
        publisher.on_rtcp(_rtcp(source, (1, 31, 99)), now_s)
    elif how == 6:
        viewer = source.pick(viewers)
        viewer.on_rtcp(_rtcp(source, (*viewer._given_ssrcs, 7)), now_s)
    else:
        for peer in (publisher, *viewers):
            peer.repair(now_s)
            peer.tick(now_s)


def _rtcp(source: Source, ssrcs: tuple[int, ...]) -> bytes:
    count, kind = source.number() & 0x1F, source.pick((200, 201, 203, 205, 205, 206, 206, 206))
    body = (1).to_bytes(4, "big") + source.pick(ssrcs).to_bytes(4, "big") + source.take(source.number() % 64)
    body += bytes(-len(body) % 4)
    return bytes((0x80 | count, kind)) + (len(body) // 4).to_bytes(2, "big") + body
