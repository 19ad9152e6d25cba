"""Opus with redundancy: as it came to whoever takes it, its newest block to all others."""

from confhub.relay.forward.router import Quality
from confhub.relay.forward.specs import AUDIO_LEVEL_URI, DownSpec, PayloadSpec, UpSpec
from confhub.relay.wire import red, rtp
from tests.unit.relay.offline import Offline

_OPUS, _RED = PayloadSpec(111, "opus", 48000), PayloadSpec(63, "red", 48000)
_UP = UpSpec("TR_a", "audio", "0", [_RED, _OPUS], {1: AUDIO_LEVEL_URI}, ssrcs=[5])


def packet(seq: int, payload: bytes, pt: int = 63) -> bytes:
    level = rtp.pack_extensions([(1, b"\x83")])
    return rtp.build(pt=pt, seq=seq, timestamp=seq * 960, ssrc=5, payload=payload, extension=level)


def redundant(old: bytes, new: bytes) -> bytes:
    return bytes((0x80 | 111, 0x0F, 0x00, len(old), 111)) + old + new


async def test_redundancy_passes_and_is_removed_where_it_is_not_taken() -> None:
    line = Offline()
    publisher, rich, plain = line.peer(), line.peer(), line.peer()
    track = publisher.publish(_UP, line.now_s)
    both = rich.subscribe(track, DownSpec(rich.new_ssrc(), [_RED, _OPUS]), line.now_s)
    single = plain.subscribe(track, DownSpec(plain.new_ssrc(), [PayloadSpec(96, "opus", 48000)]), line.now_s)
    line.feed(publisher, packet(10, red.wrap(111, b"one")))
    line.feed(publisher, packet(11, redundant(b"one", b"two")))
    line.feed(publisher, packet(12, b"three", pt=111))  # too large to be repeated: sent without redundancy
    line.feed(publisher, packet(13, b"\xef\x00"))  # broken
    line.feed(publisher, packet(14, redundant(b"three", b"four")))
    heard, bare = line.got(both.spec.ssrc), line.got(single.spec.ssrc)
    assert [(p.pt, red.primary(p.payload)[1]) for p in heard[:3]] == [
        (63, b"one"),
        (63, b"two"),
        (63, b"three"),
    ]
    assert heard[1].payload == redundant(b"one", b"two")
    assert [(p.pt, p.payload) for p in bare] == [(96, b"one"), (96, b"two"), (96, b"three"), (96, b"four")]
    assert [p.seq - bare[0].seq for p in bare] == [0, 1, 2, 4]
    assert [p.timestamp - bare[0].timestamp for p in bare] == [0, 960, 1920, 3840]
    assert track.codec_names == {"opus"}
    line.close()


async def test_a_block_in_another_codec_is_not_taken_for_opus() -> None:
    line = Offline()
    publisher, viewer = line.peer(), line.peer()
    track = publisher.publish(_UP, line.now_s)
    down = viewer.subscribe(track, DownSpec(viewer.new_ssrc(), [_OPUS]), line.now_s, Quality.HIGH)
    line.feed(publisher, packet(1, red.wrap(0, b"pcmu")))
    line.feed(publisher, packet(2, red.wrap(111, b"opus")))
    assert [p.payload for p in line.got(down.spec.ssrc)] == [b"opus"]
    line.close()


async def test_silence_between_two_packets_passes_as_silence() -> None:
    """Discontinuous transmission: numbers go on by one, time by what it took."""
    line = Offline()
    publisher, viewer = line.peer(), line.peer()
    track = publisher.publish(_UP, line.now_s)
    down = viewer.subscribe(track, DownSpec(viewer.new_ssrc(), [_RED, _OPUS]), line.now_s)
    for seq, timestamp in ((1, 0), (2, 960), (3, 20_160), (4, 212_160)):
        line.now_s += 5.0
        line.router.tick(line.now_s)
        data = rtp.build(pt=63, seq=seq, timestamp=timestamp, ssrc=5, payload=red.wrap(111, b"x"))
        line.feed(publisher, data)
    heard = line.got(down.spec.ssrc)
    assert [p.seq - heard[0].seq for p in heard] == [0, 1, 2, 3]
    assert [p.timestamp - heard[0].timestamp for p in heard] == [0, 960, 20_160, 212_160]
    line.close()
