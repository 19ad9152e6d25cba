"""Packets of one publisher reach every subscriber, unchanged, contiguous, in the subscriber's own terms."""

import time

import pytest

from confhub.relay.wire import rtp
from tests.plugins.media_plane import Join
from tests.unit.relay.streams import Stream, audio_down, audio_up, video_down, video_up

pytestmark = pytest.mark.sockets


async def test_every_subscriber_gets_the_payloads_that_were_sent(join: Join) -> None:
    publisher = await join()
    track = publisher.peer.publish(audio_up(), time.monotonic())
    subscribers = [await join() for _ in range(3)]
    for s in subscribers:
        s.peer.subscribe(track, audio_down(s.peer.new_ssrc()), time.monotonic())
    stream = Stream(1111, 111, step=960)
    sent = [bytes([n]) * 40 for n in range(20)]
    for payload in sent:
        publisher.client.send_rtp(stream.packet(payload, level=20))
    for s in subscribers:
        await s.client.until(lambda s=s: sent[-1] in s.client.payloads())
        got = [p for p in s.client.payloads() if p != b"\xf8\xff\xfe"]
        assert got == sent
        views = s.client.views()
        seqs = [view.seq for view in views]
        assert seqs == [(seqs[0] + n) & 0xFFFF for n in range(len(seqs))]
        assert {view.pt for view in views} == {63}
        assert {view.ssrc for view in views} == set(s.peer.copies)
        assert s.client.undecryptable == 0
        extensions = dict(rtp.extensions(s.client.rtp[-1], views[-1]))
        assert extensions[5] == b"\x94"
        assert len(extensions[3]) == 3


async def test_video_begins_at_a_keyframe_which_is_asked_for(join: Join) -> None:
    publisher, subscriber = await join(), await join()
    track = publisher.peer.publish(video_up(), time.monotonic())
    stream = Stream(2222, 96)
    subscriber.peer.subscribe(track, video_down(subscriber.peer.new_ssrc()), time.monotonic())
    publisher.client.send_rtp(stream.picture())
    await publisher.client.until(lambda: any(type(p).__name__ == "Pli" for p in publisher.client.rtcp))
    publisher.client.send_rtp(stream.picture(key=True, body=b"first"))
    publisher.client.send_rtp(stream.picture(body=b"second"))
    await subscriber.client.media(2)
    assert [p[7:] for p in subscriber.client.payloads()] == [b"first", b"second"]
