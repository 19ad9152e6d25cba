"""Layers, sources, gates and pauses: a copy goes on without a gap, whatever is behind it."""

import time
from itertools import pairwise

import pytest

from confhub.relay.forward.specs import Quality
from confhub.relay.wire import rtcp, vp8
from tests.plugins.media_plane import Join, Joined
from tests.unit.relay.streams import Stream, audio_down, audio_up, simulcast_up, video_down, video_up

pytestmark = pytest.mark.sockets


def bodies(subscriber: Joined) -> list[bytes]:
    return [payload[7:] for payload in subscriber.client.payloads()]


def check_continuity(subscriber: Joined) -> None:
    """Numbers, times and VP8's running numbers go on by one; keyidx at keyframes only."""
    views = subscriber.client.views()
    seqs = [view.seq for view in views]
    assert seqs == [(seqs[0] + n) & 0xFFFF for n in range(len(seqs))]
    steps = [(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in pairwise(views)]
    assert all(0 < step < 90000 * 20 for step in steps)
    descriptors = [vp8.parse(payload) for payload in subscriber.client.payloads()]
    ids = [d.numbers.picture_id for d in descriptors]
    assert ids == [(ids[0] + n) & 0x7FFF for n in range(len(ids))]
    tl0s = [d.numbers.tl0 for d in descriptors]
    assert tl0s == [(tl0s[0] + n) & 0xFF for n in range(len(ids))]
    for before, after in pairwise(descriptors):
        assert (after.numbers.keyidx - before.numbers.keyidx) & 0x1F == (1 if after.is_keyframe_start else 0)


async def test_a_layer_switch_happens_at_a_keyframe_and_leaves_no_gap(join: Join) -> None:
    publisher, subscriber = await join(), await join()
    track = publisher.peer.publish(simulcast_up(), time.monotonic())
    low, high = Stream(31, 96, rid="q", seq=100), Stream(33, 96, rid="f", seq=60000, timestamp=5)
    high.picture_id, high.tl0, high.keyidx = 77, 3, 9
    down = subscriber.peer.subscribe(
        track, video_down(subscriber.peer.new_ssrc()), time.monotonic(), Quality.LOW
    )
    publisher.client.send_rtp(low.picture(key=True, body=b"low 1"))
    publisher.client.send_rtp(high.picture(key=True, body=b"high 1"))
    await subscriber.client.media(1)
    down.set_quality(Quality.HIGH, time.monotonic())
    publisher.client.send_rtp(high.picture(body=b"high 2"))
    publisher.client.send_rtp(low.picture(body=b"low 2"))
    publisher.client.send_rtp(high.picture(key=True, body=b"high 3"))
    publisher.client.send_rtp(low.picture(body=b"low 3"))
    publisher.client.send_rtp(high.picture(body=b"high 4"))
    await subscriber.client.media(4)
    down.set_quality(Quality.LOW, time.monotonic())
    publisher.client.send_rtp(low.picture(key=True, body=b"low 4"))
    publisher.client.send_rtp(high.picture(body=b"high 5"))
    publisher.client.send_rtp(low.picture(body=b"low 5"))
    await subscriber.client.media(6)
    assert bodies(subscriber) == [b"low 1", b"low 2", b"high 3", b"high 4", b"low 4", b"low 5"]
    check_continuity(subscriber)


async def test_pointing_at_another_source_switches_at_its_keyframe(join: Join) -> None:
    one, two, subscriber = await join(), await join(), await join()
    first, second = (
        one.peer.publish(video_up(41), time.monotonic()),
        two.peer.publish(video_up(42), time.monotonic()),
    )
    down = subscriber.peer.subscribe(first, video_down(subscriber.peer.new_ssrc()), time.monotonic())
    a, b = Stream(41, 96), Stream(42, 96, seq=7, timestamp=99)
    one.client.send_rtp(a.picture(key=True, body=b"a1"))
    two.client.send_rtp(b.picture(key=True, body=b"b1"))
    await subscriber.client.media(1)
    down.point_at(second, time.monotonic())
    one.client.send_rtp(a.picture(body=b"a2"))
    await subscriber.client.media(2)
    two.client.send_rtp(b.picture(key=True, body=b"b2"))
    await subscriber.client.media(3)
    one.client.send_rtp(a.picture(body=b"a3"))
    two.client.send_rtp(b.picture(body=b"b3"))
    await subscriber.client.media(4)
    assert bodies(subscriber) == [b"a1", b"a2", b"b2", b"b3"]
    check_continuity(subscriber)


async def test_a_closed_gate_is_silent_from_the_very_packet(join: Join) -> None:
    publisher, subscriber = await join(), await join()
    track = publisher.peer.publish(audio_up(), time.monotonic())
    subscriber.peer.subscribe(track, audio_down(subscriber.peer.new_ssrc()), time.monotonic())
    stream = Stream(1111, 111, step=960)
    publisher.client.send_rtp(stream.packet(b"before"))
    await subscriber.client.until(lambda: b"before" in subscriber.client.payloads())
    for n in range(5):
        publisher.client.send_rtp(stream.packet(b"secret %d" % n))
    track.gate(False, time.monotonic())
    publisher.client.send_rtp(stream.packet(b"secret last"))
    await publisher.client.check(publisher.transport.ice_ufrag, publisher.transport.ice_pwd)
    track.gate(True, time.monotonic())
    publisher.client.send_rtp(stream.packet(b"after"))
    await subscriber.client.until(lambda: b"after" in subscriber.client.payloads())
    spoken = [p for p in subscriber.client.payloads() if p != b"\xf8\xff\xfe"]
    assert spoken == [b"before", b"after"]
    seqs = [view.seq for view in subscriber.client.views()]
    assert seqs == [(seqs[0] + n) & 0xFFFF for n in range(len(seqs))]


async def test_what_was_sent_before_a_gate_closed_is_not_sent_again(join: Join) -> None:
    publisher, subscriber = await join(), await join()
    track = publisher.peer.publish(video_up(), time.monotonic())
    down = subscriber.peer.subscribe(track, video_down(subscriber.peer.new_ssrc()), time.monotonic())
    publisher.client.send_rtp(Stream(2222, 96).picture(key=True))
    (view,) = await subscriber.client.media(1)
    track.gate(False, time.monotonic())
    subscriber.client.send_rtcp(rtcp.build_nack(5, down.spec.ssrc, [view.seq]))
    await subscriber.client.check(subscriber.transport.ice_ufrag, subscriber.transport.ice_pwd)
    assert down.nacks == 1
    assert len(subscriber.client.views()) == 1


async def test_probes_are_dropped_and_their_gap_is_closed(join: Join) -> None:
    publisher, subscriber = await join(), await join()
    track = publisher.peer.publish(video_up(), time.monotonic())
    subscriber.peer.subscribe(track, video_down(subscriber.peer.new_ssrc()), time.monotonic())
    stream = Stream(2222, 96)
    publisher.client.send_rtp(stream.picture(key=True, body=b"1"))
    for _ in range(3):
        publisher.client.send_rtp(stream.probe())
    publisher.client.send_rtp(stream.picture(body=b"2"))
    await subscriber.client.media(2)
    check_continuity(subscriber)


async def test_a_paused_copy_gets_nothing_and_goes_on_contiguous(join: Join) -> None:
    publisher, subscriber = await join(), await join()
    track = publisher.peer.publish(video_up(), time.monotonic())
    down = subscriber.peer.subscribe(track, video_down(subscriber.peer.new_ssrc()), time.monotonic())
    stream = Stream(2222, 96)
    publisher.client.send_rtp(stream.picture(key=True, body=b"1"))
    await subscriber.client.media(1)
    down.pause()
    assert track.wanted_quality() is None
    publisher.client.send_rtp(stream.picture(body=b"2"))
    await publisher.client.check(publisher.transport.ice_ufrag, publisher.transport.ice_pwd)
    down.resume(time.monotonic())
    publisher.client.send_rtp(stream.picture(body=b"3"))
    publisher.client.send_rtp(stream.picture(key=True, body=b"4"))
    await subscriber.client.media(2)
    assert bodies(subscriber) == [b"1", b"4"]
    check_continuity(subscriber)


async def test_a_publisher_that_restarts_its_numbers_is_followed(join: Join) -> None:
    publisher, subscriber = await join(), await join()
    track = publisher.peer.publish(audio_up(), time.monotonic())
    subscriber.peer.subscribe(track, audio_down(subscriber.peer.new_ssrc()), time.monotonic())
    publisher.client.send_rtp(Stream(1111, 111, seq=10).packet(b"old"))
    await subscriber.client.until(lambda: b"old" in subscriber.client.payloads())
    publisher.client.send_rtp(Stream(1111, 111, seq=30000, timestamp=1).packet(b"new"))
    await subscriber.client.until(lambda: b"new" in subscriber.client.payloads())
    views = subscriber.client.views()
    assert (views[-1].seq - views[-2].seq) & 0xFFFF == 1
    assert 0 < (views[-1].timestamp - views[-2].timestamp) & 0xFFFFFFFF < 48000 * 20


async def test_a_renegotiation_that_changes_nothing_costs_no_keyframe(join: Join) -> None:
    publisher, subscriber = await join(), await join()
    track = publisher.peer.publish(video_up(), time.monotonic())
    down = subscriber.peer.subscribe(track, video_down(subscriber.peer.new_ssrc()), time.monotonic())
    stream = Stream(2222, 96)
    publisher.client.send_rtp(stream.picture(key=True, body=b"1"))
    await subscriber.client.media(1)
    asked = track.stats().plis
    down.update(video_down(down.spec.ssrc), time.monotonic())
    publisher.client.send_rtp(stream.picture(body=b"2"))
    await subscriber.client.media(2)
    assert bodies(subscriber) == [b"1", b"2"]
    assert track.stats().plis == asked
    check_continuity(subscriber)
