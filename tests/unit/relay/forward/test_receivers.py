"""Receivers without a transport: a track's packets in order, beside the copies that go to a line."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from confhub.relay.forward.ends import Packet
from confhub.relay.forward.router import Quality
from confhub.relay.forward.specs import PayloadSpec, UpSpec
from confhub.relay.wire import red, rtp
from tests.plugins.media_plane import Join
from tests.unit.relay.offline import Offline
from tests.unit.relay.streams import Stream, audio_up, simulcast_up, video_down, video_up
from tests.unit.relay.svckit import SvcEncoder, body, up

pytestmark = pytest.mark.sockets


class Kept:
    """A receiver that keeps what it gets; `fails_at`: the payload it cannot take."""

    def __init__(self, fails_at: bytes = b"-") -> None:
        self.packets: list[Packet] = []
        self.ends = 0
        self._fails_at = fails_at

    def received(self, packet: Packet) -> None:
        if packet.payload.endswith(self._fails_at):
            raise RuntimeError("the disk is full")
        self.packets.append(packet)

    def ended(self) -> None:
        self.ends += 1

    @property
    def bodies(self) -> list[bytes]:
        """Of VP8 pictures."""
        return [packet.payload[7:] for packet in self.packets]


@pytest.fixture
def line() -> Offline:
    return Offline()


async def test_a_receiver_gets_each_packet_from_the_keyframe_on_as_the_copies_beside_it_do(
    join: Join,
) -> None:
    publisher, one, two = await join(), await join(), await join()
    track = publisher.peer.publish(video_up(), time.monotonic())
    one.peer.subscribe(track, video_down(one.peer.new_ssrc()), time.monotonic())
    kept = Kept()
    tap = track.attach(kept, time.monotonic())
    two.peer.subscribe(track, video_down(two.peer.new_ssrc()), time.monotonic())
    stream = Stream(2222, 96)
    publisher.client.send_rtp(stream.picture(body=b"0"))
    publisher.client.send_rtp(stream.picture(key=True, body=b"1"))
    for number in range(2, 9):
        publisher.client.send_rtp(stream.picture(body=b"%d" % number))
    await one.client.media(8)
    await two.client.media(8)
    assert kept.bodies == [b"%d" % number for number in range(1, 9)]
    assert [packet.payload for packet in kept.packets] == one.client.payloads()
    assert [payload[7:] for payload in two.client.payloads()] == kept.bodies
    assert [packet.seq for packet in kept.packets] == list(range(8))
    first = kept.packets[0]
    assert [(p.timestamp - first.timestamp) & 0xFFFFFFFF for p in kept.packets] == [
        3000 * n for n in range(8)
    ]
    assert (first.codec.name, first.is_marked) == ("vp8", True)
    tap.close()
    publisher.client.send_rtp(stream.picture(body=b"9"))
    await one.client.media(9)
    await two.client.media(9)
    assert (len(kept.packets), kept.ends) == (8, 0)


async def test_a_receiver_is_watching_as_long_as_it_is_attached(line: Offline) -> None:
    track = line.peer().publish(simulcast_up(), line.now_s)
    assert track.wanted_quality() is None
    tap = track.attach(Kept(), line.now_s, Quality.MEDIUM)
    assert track.wanted_quality() == Quality.MEDIUM
    tap.close()
    tap.close()
    assert track.wanted_quality() is None
    line.close()


async def test_a_receiver_that_raises_ends_its_own_place_alone(join: Join) -> None:
    publisher, viewer = await join(), await join()
    track = publisher.peer.publish(video_up(), time.monotonic())
    broken, kept = Kept(fails_at=b"2"), Kept()
    track.attach(broken, time.monotonic())
    track.attach(kept, time.monotonic())
    viewer.peer.subscribe(track, video_down(viewer.peer.new_ssrc()), time.monotonic())
    stream = Stream(2222, 96)
    publisher.client.send_rtp(stream.picture(key=True, body=b"1"))
    for number in range(2, 6):
        publisher.client.send_rtp(stream.picture(body=b"%d" % number))
    await viewer.client.media(5)
    assert broken.bodies == [b"1"]
    assert (broken.ends, kept.ends) == (0, 0)
    assert kept.bodies == [b"1", b"2", b"3", b"4", b"5"]
    assert [payload[7:] for payload in viewer.client.payloads()] == kept.bodies


@pytest.mark.parametrize("ends", [lambda track: track.close(), lambda track: track.peer.close()])
async def test_the_end_of_the_track_is_told_once(line: Offline, ends: Callable[..., None]) -> None:
    track = line.peer().publish(audio_up(), line.now_s)
    kept, detached = Kept(), Kept()
    tap = track.attach(kept, line.now_s)
    track.attach(detached, line.now_s).close()
    ends(track)
    tap.close()
    ends(track)
    assert (kept.ends, detached.ends) == (1, 0)
    line.close()


async def test_an_error_at_the_end_of_the_track_stays_with_its_receiver(line: Offline) -> None:
    class Bad(Kept):
        def ended(self) -> None:
            raise RuntimeError("the file is gone")

    track, kept = line.peer().publish(audio_up(), line.now_s), Kept()
    track.attach(Bad(), line.now_s)
    track.attach(kept, line.now_s)
    track.close()
    assert (kept.ends, track.is_closed) == (1, True)
    line.close()


async def test_a_receiver_gets_nothing_of_a_muted_track_and_goes_on_at_a_keyframe(
    line: Offline,
) -> None:
    publisher = line.peer()
    track, stream, kept = publisher.publish(video_up(), line.now_s), Stream(2222, 96), Kept()
    track.attach(kept, line.now_s)
    line.feed(publisher, stream.picture(key=True, body=b"1"))
    track.gate(False, line.now_s)
    line.feed(publisher, stream.picture(key=True, body=b"2"))
    track.gate(True, line.now_s)
    line.feed(publisher, stream.picture(body=b"3"))
    line.feed(publisher, stream.picture(key=True, body=b"4"))
    assert kept.bodies == [b"1", b"4"]
    assert [packet.seq for packet in kept.packets] == [0, 1]
    line.close()


async def test_numbers_and_times_go_on_at_another_layer(line: Offline) -> None:
    publisher = line.peer()
    track, kept = publisher.publish(simulcast_up(), line.now_s), Kept()
    low, high = Stream(31, 96, rid="q", seq=100), Stream(33, 96, rid="f", seq=60000, timestamp=5)
    tap = track.attach(kept, line.now_s, Quality.LOW)
    line.feed(publisher, low.picture(key=True, body=b"low 1"))
    line.feed(publisher, high.picture(key=True, body=b"high 1"))
    tap.set_quality(Quality.HIGH, line.now_s)
    line.feed(publisher, low.picture(body=b"low 2"))
    line.feed(publisher, high.picture(key=True, body=b"high 2"))
    line.feed(publisher, low.picture(body=b"low 3"))
    line.feed(publisher, high.picture(body=b"high 3"))
    assert kept.bodies == [b"low 1", b"low 2", b"high 2", b"high 3"]
    assert [packet.seq for packet in kept.packets] == [0, 1, 2, 3]
    times = [(packet.timestamp - kept.packets[0].timestamp) & 0xFFFFFFFF for packet in kept.packets]
    assert times == [0, 3000, 3900, 6900]  # 10 ms went by at the switch
    line.close()


async def test_a_packet_that_comes_late_has_its_own_number_and_none_is_from_before_the_first(
    line: Offline,
) -> None:
    publisher = line.peer()
    track, stream, kept = publisher.publish(video_up(), line.now_s), Stream(2222, 96), Kept()
    track.attach(kept, line.now_s)
    start, early, key, second, third = (stream.picture(key=n == 2, body=b"%d" % n) for n in range(5))
    for packet in (start, key, third, second, early):
        line.feed(publisher, packet)
    assert [(packet.payload[7:], packet.seq) for packet in kept.packets] == [(b"2", 0), (b"4", 2), (b"3", 1)]
    line.close()


@pytest.mark.parametrize("name", ["vp9", "av1"])
async def test_a_receiver_alone_gets_the_spatial_layers_up_to_its_quality(line: Offline, name: str) -> None:
    publisher = line.peer()
    track, encoder = publisher.publish(up(name, 7, 3), line.now_s), SvcEncoder(name, 7)
    everything, least = Kept(), Kept()
    track.attach(everything, line.now_s)
    track.attach(least, line.now_s, Quality.LOW)
    for is_key in (True, False):
        for packet in encoder.picture(key=is_key):
            line.feed(publisher, packet)
    assert len(everything.packets) > len(least.packets) > 0
    assert [packet.seq for packet in everything.packets] == list(range(len(everything.packets)))
    assert {body(p.payload) for p in least.packets} < {body(p.payload) for p in everything.packets}
    line.close()


async def test_redundant_sound_comes_as_plain_sound(line: Offline) -> None:
    opus, redundant = PayloadSpec(111, "opus", 48000), PayloadSpec(63, "red", 48000)
    publisher, kept = line.peer(), Kept()
    publisher.publish(UpSpec("TR_a", "audio", "0", [redundant, opus], {}, ssrcs=[5]), line.now_s).attach(
        kept, line.now_s
    )
    for seq, payload in enumerate((b"one", b"two")):
        wrapped = red.wrap(111, payload)
        line.feed(publisher, rtp.build(pt=63, seq=seq, timestamp=seq * 960, ssrc=5, payload=wrapped))
    assert [(packet.codec.name, packet.payload) for packet in kept.packets] == [
        ("opus", b"one"),
        ("opus", b"two"),
    ]
    line.close()
