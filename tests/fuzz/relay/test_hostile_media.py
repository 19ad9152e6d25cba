"""An authenticated peer may send any bytes: the forwarding raises nothing and goes on serving."""

import asyncio
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from confhub.relay.forward.twins import new_fanout
from confhub.relay.transport.mux import UdpMux
from tests.unit.relay.driving import undriven
from tests.unit.relay.peerkit import Events
from tests.unit.relay.streams import audio_down, audio_up, simulcast_up, video_down

_mux = UdpMux(now=time.monotonic)
_first = st.sampled_from([0x80, 0x90, 0xA0, 0xB0, 0x9F])
_second = st.sampled_from([96, 111, 96 | 0x80, 97])
_seq = st.integers(0, 65535)
_ssrc = st.sampled_from([1111, 31, 33, 99])
_extension = st.sampled_from(
    [b"", b"\xbe\xde\x00\x02\x40\x31\xa0\x71\x10\x90\x00\x00", b"\xbe\xde\x00\x01\x10"]
)
_packets = st.tuples(_first, _second, _seq, _ssrc, _extension, st.binary(max_size=40))
_rtcp = st.tuples(st.integers(0, 31), st.sampled_from([200, 201, 203, 205, 206]), st.binary(max_size=40))


@settings(deadline=None, max_examples=100)
@given(st.lists(st.one_of(_packets, _rtcp), max_size=30))
def test_any_media_of_a_peer_is_survived(packets: list[tuple[int, ...]]) -> None:
    asyncio.run(_feed(packets))


async def _feed(packets: list[tuple[int, ...]]) -> None:
    now_s = [5.0]
    router = undriven(new_fanout(lambda: now_s[0]))
    hostile, viewer = _mux.new_transport(Events()), _mux.new_transport(Events())
    hostile.state = viewer.state = "connected"
    publisher, subscriber = router.add_peer(hostile), router.add_peer(viewer)
    sound, picture = publisher.publish(audio_up(), now_s[0]), publisher.publish(simulcast_up(), now_s[0])
    subscriber.subscribe(sound, audio_down(subscriber.new_ssrc()), now_s[0])
    subscriber.subscribe(picture, video_down(subscriber.new_ssrc()), now_s[0])
    for packet in packets:
        now_s[0] += 0.2
        match packet:
            case (first, second, seq, ssrc, extension, payload):
                head = bytes((first, second)) + seq.to_bytes(2, "big") + bytes(4) + ssrc.to_bytes(4, "big")
                publisher.on_rtp(head + extension + payload, now_s[0])  # type: ignore[operator]
            case (count, kind, body):
                padded = body + bytes(-len(body) % 4)  # type: ignore[operator, arg-type]
                head = bytes((0x80 | count, kind)) + (len(padded) // 4).to_bytes(2, "big")
                publisher.on_rtcp(head + padded, now_s[0])
        publisher.repair(now_s[0])
        publisher.tick(now_s[0])
        subscriber.tick(now_s[0])
    router.fanout.flush()
    router.close()
    _mux.forget(hostile)
    _mux.forget(viewer)
