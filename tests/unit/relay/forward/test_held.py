"""A copy that waits until its subscriber is ready for it."""

from __future__ import annotations

import time

import pytest

from confhub.relay.forward.downtrack import DownTrack
from tests.plugins.media_plane import Join
from tests.unit.relay.streams import Stream, audio_down, audio_up, video_down, video_up

pytestmark = pytest.mark.sockets


async def test_a_held_copy_sends_nothing_until_it_is_released_then_from_the_next_keyframe(join: Join) -> None:
    publisher, held, ready = await join(), await join(), await join()
    track = publisher.peer.publish(video_up(), time.monotonic())
    waiting = held.peer.subscribe(track, video_down(held.peer.new_ssrc()), time.monotonic(), is_held=True)
    ready.peer.subscribe(track, video_down(ready.peer.new_ssrc()), time.monotonic())
    stream = Stream(2222, 96)
    publisher.client.send_rtp(stream.picture(key=True, body=b"1"))
    await ready.client.media(1)
    held.peer.tick(time.monotonic())
    assert (waiting.packets, held.client.rtp) == (0, [])
    waiting.release(time.monotonic())
    publisher.client.send_rtp(stream.picture(body=b"2"))
    await ready.client.media(2)
    publisher.client.send_rtp(stream.picture(key=True, body=b"3"))
    publisher.client.send_rtp(stream.picture(body=b"4"))
    await held.client.media(2)
    assert [packet[7:] for packet in held.client.payloads()] == [b"3", b"4"]


async def test_release_is_idempotent_and_may_come_before_the_keys_or_after_the_end(join: Join) -> None:
    publisher, subscriber = await join(), await join()
    track = publisher.peer.publish(audio_up(), time.monotonic())
    down = subscriber.peer.subscribe(
        track, audio_down(subscriber.peer.new_ssrc()), time.monotonic(), is_held=True
    )
    down.release(time.monotonic())
    down.release(time.monotonic())
    sound = Stream(1111, 111)
    publisher.client.send_rtp(sound.packet(b"a"))
    (first,) = await subscriber.client.media(1)
    publisher.client.send_rtp(sound.packet(b"b"))
    _, second = await subscriber.client.media(2)
    assert second.seq == first.seq + 1 & 0xFFFF
    closed: DownTrack = subscriber.peer.subscribe(
        track, audio_down(subscriber.peer.new_ssrc()), time.monotonic(), is_held=True
    )
    closed.close()
    closed.release(time.monotonic())
    publisher.client.send_rtp(sound.packet(b"c"))
    await subscriber.client.media(3)
    assert closed.packets == 0
