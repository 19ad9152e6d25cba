"""A copy's packets name their section until the subscriber reports on them."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from confhub.relay.forward.downtrack import DownTrack
from confhub.relay.forward.specs import MID_URI, DownSpec
from confhub.relay.wire import rtcp, rtp
from tests.plugins.media_plane import Join, Joined
from tests.unit.relay.peerkit import DEADLINE_S
from tests.unit.relay.streams import DOWN_EXTENSIONS, Stream, audio_down, audio_up, video_down, video_up

pytestmark = pytest.mark.sockets

MID_ID = 9


def named(spec: DownSpec, mid: str = "12") -> DownSpec:
    return replace(spec, extmap={**DOWN_EXTENSIONS, MID_ID: MID_URI}, mid=mid)


def mids(joined: Joined) -> list[bytes]:
    """Of every packet that came, b"" for one without."""
    views = [(packet, rtp.parse(packet)) for packet in joined.client.rtp]
    return [dict(rtp.extensions(packet, view)).get(MID_ID, b"") for packet, view in views]


async def is_reported(down: DownTrack) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while down.report is None:  # noqa: ASYNC110
            await asyncio.sleep(0)


def reported(ssrc: int, seq: int) -> bytes:
    return rtcp.build_rr(7, (rtcp.ReportBlock(ssrc, 0, 0, seq, 0, 0, 0),))


async def test_the_section_is_named_until_the_first_report(join: Join) -> None:
    publisher, subscriber = await join(), await join()
    track = publisher.peer.publish(video_up(), time.monotonic())
    down = subscriber.peer.subscribe(track, named(video_down(subscriber.peer.new_ssrc())), time.monotonic())
    stream = Stream(2222, 96)
    for body in (b"1", b"2"):
        publisher.client.send_rtp(stream.picture(key=body == b"1", body=body))
    first, *_ = await subscriber.client.media(2)
    assert mids(subscriber) == [b"12", b"12"]
    subscriber.client.send_rtcp(reported(99, first.seq) + reported(down.spec.ssrc, first.seq))
    await is_reported(down)
    for body in (b"3", b"4"):
        publisher.client.send_rtp(stream.picture(body=body))
    views = await subscriber.client.media(4)
    assert mids(subscriber) == [b"12", b"12", b"", b""]
    assert [(view.seq - first.seq) & 0xFFFF for view in views] == [0, 1, 2, 3]
    assert [p[7:] for p in subscriber.client.payloads()] == [b"1", b"2", b"3", b"4"]
    assert down.packets == 4


async def test_what_is_asked_for_later_is_the_same_datagram(join: Join) -> None:
    """AES-GCM never sees one nonce with two texts."""
    publisher, subscriber = await join(), await join()
    client = subscriber.client
    track = publisher.peer.publish(video_up(), time.monotonic())
    down = subscriber.peer.subscribe(track, named(video_down(subscriber.peer.new_ssrc())), time.monotonic())
    stream = Stream(2222, 96)
    publisher.client.send_rtp(stream.picture(key=True, body=b"1"))
    (first,) = await client.media(1)
    client.is_losing = True
    publisher.client.send_rtp(stream.picture(body=b"2"))
    await client.until(lambda: len(client.lost) == 1)
    client.is_losing = False
    client.send_rtcp(reported(down.spec.ssrc, first.seq))
    await is_reported(down)
    publisher.client.send_rtp(stream.picture(body=b"3"))
    await client.media(2)
    client.send_rtcp(rtcp.build_nack(5, down.spec.ssrc, [(first.seq + 1) & 0xFFFF]))
    await client.media(3)
    assert mids(subscriber) == [b"12", b"", b"12"]
    assert client.lost[0] == [d for d in client.datagrams if not rtp.is_rtcp(d)][-1]


@pytest.mark.parametrize("kind", ["audio", "video"])
async def test_start_packets_name_it_too(join: Join, kind: str) -> None:
    subscriber = await join()
    spec = audio_down if kind == "audio" else video_down
    subscriber.peer.subscribe(None, named(spec(subscriber.peer.new_ssrc())), time.monotonic())
    await subscriber.client.until(lambda: len(subscriber.client.rtp) >= 2)
    assert set(mids(subscriber)) == {b"12"}


@pytest.mark.parametrize("mid", ["", "a-name-longer-than-sixteen"])
async def test_a_name_that_does_not_fit_is_left_out(join: Join, mid: str) -> None:
    publisher, subscriber = await join(), await join()
    track = publisher.peer.publish(audio_up(), time.monotonic())
    subscriber.peer.subscribe(track, named(audio_down(subscriber.peer.new_ssrc()), mid), time.monotonic())
    publisher.client.send_rtp(Stream(1111, 111).packet(b"sound"))
    await subscriber.client.until(lambda: b"sound" in subscriber.client.payloads())
    assert set(mids(subscriber)) == {b""}
