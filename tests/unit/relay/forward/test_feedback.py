"""NACK, PLI, reports, REMB, start packets and levels, over real transports."""

import asyncio
import time
from collections.abc import Sequence

import pytest

from confhub.relay.forward.congestion import MIN_PACKETS
from confhub.relay.forward.router import Quality, SpeakerLevel
from confhub.relay.forward.specs import PayloadSpec, UpSpec
from confhub.relay.transport.mux import UdpMux
from confhub.relay.wire import rtcp, rtp
from tests.plugins.media_plane import Join, Joined
from tests.unit.relay.driving import driven
from tests.unit.relay.peerkit import Client, Events
from tests.unit.relay.streams import Stream, audio_down, audio_up, simulcast_up, video_down, video_up

pytestmark = pytest.mark.sockets


async def test_a_nack_is_answered_with_the_same_bytes(join: Join) -> None:
    """A retransmission must be the same datagram: AES-GCM never sees one nonce with two texts."""
    publisher, subscriber = await join(), await join()
    client = subscriber.client
    track = publisher.peer.publish(video_up(), time.monotonic())
    down = subscriber.peer.subscribe(track, video_down(subscriber.peer.new_ssrc()), time.monotonic())
    stream = Stream(2222, 96)
    publisher.client.send_rtp(stream.picture(key=True, body=b"1"))
    (first,) = await client.media(1)
    client.is_losing = True
    publisher.client.send_rtp(stream.picture(body=b"2"))
    publisher.client.send_rtp(stream.picture(body=b"3"))
    await client.until(lambda: len(client.lost) == 2)
    client.is_losing = False
    client.send_rtcp(rtcp.build_nack(5, down.spec.ssrc, [(first.seq + n) & 0xFFFF for n in (1, 2)]))
    await client.media(3)
    assert [p[7:] for p in client.payloads()] == [b"1", b"2", b"3"]
    assert client.lost == [d for d in client.datagrams if not rtp.is_rtcp(d)][-2:]


async def test_what_a_publisher_lost_on_the_way_is_asked_for_and_passed_on(join: Join) -> None:
    publisher, subscriber = await join(), await join()
    track = publisher.peer.publish(video_up(), time.monotonic())
    subscriber.peer.subscribe(track, video_down(subscriber.peer.new_ssrc()), time.monotonic())
    stream = Stream(2222, 96, seq=65534)
    publisher.client.send_rtp(stream.picture(key=True, body=b"1"))
    lost = stream.picture(body=b"2")
    publisher.client.send_rtp(stream.picture(body=b"3"))
    nack = rtcp.Nack(1, 2222, (65535,))
    await publisher.client.until(lambda: nack in publisher.client.rtcp)
    publisher.client.send_rtp(lost)
    views = await subscriber.client.media(3)
    assert [p[7:] for p in subscriber.client.payloads()] == [b"1", b"3", b"2"]
    assert sorted((view.seq - views[0].seq) & 0xFFFF for view in views) == [0, 1, 2]


async def test_requests_for_keyframes_are_merged(join: Join) -> None:
    publisher = await join()
    track = publisher.peer.publish(video_up(), time.monotonic())
    stream = Stream(2222, 96)
    publisher.client.send_rtp(stream.picture(key=True))
    subscribers = [await join() for _ in range(3)]
    downs = [s.peer.subscribe(track, video_down(s.peer.new_ssrc()), time.monotonic()) for s in subscribers]
    publisher.client.send_rtp(stream.picture(key=True, body=b"seen"))
    for s, down in zip(subscribers, downs, strict=True):
        await s.client.media(1)
        for _ in range(5):
            s.client.send_rtcp(rtcp.build_pli(7, down.spec.ssrc))
        await s.client.check(s.transport.ice_ufrag, s.transport.ice_pwd)
    assert sum(down.plis for down in downs) == 15
    assert track.stats().plis <= 2


async def test_reports_and_remb_reach_the_publisher(join: Join) -> None:
    publisher = await join()
    publisher.peer.publish(video_up(), time.monotonic())
    publisher.client.send_rtp(Stream(2222, 96).picture(key=True))

    def told(kind: type) -> bool:
        return any(isinstance(packet, kind) for packet in publisher.client.rtcp)

    await publisher.client.until(lambda: told(rtcp.Remb) and told(rtcp.ReceiverReport))
    remb = next(p for p in publisher.client.rtcp if isinstance(p, rtcp.Remb))
    assert remb.ssrcs == (2222,)
    assert remb.bitrate_bps >= 2_900_000


async def test_a_sender_report_tells_the_time_of_the_copy(join: Join) -> None:
    publisher, subscriber = await join(), await join()
    track = publisher.peer.publish(audio_up(), time.monotonic())
    down = subscriber.peer.subscribe(track, audio_down(subscriber.peer.new_ssrc()), time.monotonic())
    publisher.client.send_rtp(Stream(1111, 111).packet(b"x"))
    await subscriber.client.until(lambda: b"x" in subscriber.client.payloads())
    sent = subscriber.client.views()[-1].timestamp

    def report() -> rtcp.SenderReport | None:
        reports = [p for p in subscriber.client.rtcp if isinstance(p, rtcp.SenderReport)]
        return reports[-1] if reports and reports[-1].packets == down.packets else None

    await subscriber.client.until(lambda: report() is not None)
    found = report()
    assert found is not None
    assert (found.rtp - sent) & 0xFFFFFFFF < 48000 * 10
    assert rtcp.Sdes({down.spec.ssrc: "somebody"}) in subscriber.client.rtcp


async def test_a_subscriber_without_media_gets_silence_and_padding(join: Join) -> None:
    subscriber = await join()
    audio = subscriber.peer.subscribe(None, audio_down(subscriber.peer.new_ssrc()), time.monotonic())
    video = subscriber.peer.subscribe(None, video_down(subscriber.peer.new_ssrc()), time.monotonic())

    def seen() -> set[int]:
        return {rtp.parse(packet).ssrc for packet in subscriber.client.rtp}

    await subscriber.client.until(lambda: seen() == {audio.spec.ssrc, video.spec.ssrc})
    assert set(subscriber.client.payloads()) == {b"\xf8\xff\xfe"}
    padding = next(p for p in subscriber.client.rtp if rtp.parse(p).ssrc == video.spec.ssrc)
    assert padding[0] & 0x20


async def test_retransmissions_on_their_own_ssrc_are_unwrapped(join: Join) -> None:
    payloads = [PayloadSpec(96, "vp8", 90000, ("nack",)), PayloadSpec(97, "rtx", 90000, apt=96)]
    publisher, subscriber = await join(), await join()
    spec = UpSpec("TR_x", "video", "1", payloads, ssrcs=[50, 51], rtx_ssrcs={51: 50})
    track = publisher.peer.publish(spec, time.monotonic())
    subscriber.peer.subscribe(track, video_down(subscriber.peer.new_ssrc()), time.monotonic())
    stream, repair = Stream(50, 96, seq=10), Stream(51, 97, seq=900)
    publisher.client.send_rtp(stream.picture(key=True, body=b"1"))
    lost = stream.picture(body=b"2")
    publisher.client.send_rtp(stream.picture(body=b"3"))
    publisher.client.send_rtp(repair.packet(b""))
    publisher.client.send_rtp(repair.packet((11).to_bytes(2, "big") + lost[12:]))
    await subscriber.client.media(3)
    assert [p[7:] for p in subscriber.client.payloads()] == [b"1", b"3", b"2"]


async def test_who_speaks_is_told_and_so_is_silence(mux: UdpMux) -> None:
    told: asyncio.Queue[Sequence[SpeakerLevel]] = asyncio.Queue()
    router = driven(mux, on_speakers=told.put_nowait)
    events = Events()
    transport, client = mux.new_transport(events), Client()
    track = router.add_peer(transport).publish(audio_up(), time.monotonic())
    await client.connect(mux, transport)
    await events.until("connected")
    stream = Stream(1111, 111, step=960)
    for n in range(20):
        client.send_rtp(stream.packet(b"talk %d" % n, level=15))
    async with asyncio.timeout(5):
        (speaker,) = await told.get()
        assert (speaker.track, speaker.active) == (track, True)
        assert 0.1 < speaker.level < 0.3
        levels = [speaker.level]
        while heard := await told.get():
            levels.append(heard[0].level)
        assert levels == sorted(levels, reverse=True)  # it fades within some windows
    router.close()
    await client.close()


async def test_a_full_line_gets_a_lower_layer(join: Join) -> None:
    publisher, subscriber = await join(), await join()
    track = publisher.peer.publish(simulcast_up(), time.monotonic())
    low, high = Stream(31, 96, rid="q"), Stream(33, 96, rid="f")
    publisher.client.send_rtp(low.picture(key=True, body=b"low"))
    publisher.client.send_rtp(high.picture(key=True, body=b"high"))
    await publisher.client.until(lambda: {31, 33} <= {p.ssrc for p in _reported(publisher)})
    down = subscriber.peer.subscribe(track, video_down(subscriber.peer.new_ssrc()), time.monotonic())
    publisher.client.send_rtp(high.picture(key=True, body=b"high"))
    for _ in range(MIN_PACKETS):
        publisher.client.send_rtp(high.picture(body=b"high"))
    await subscriber.client.media(MIN_PACKETS + 1)
    block = rtcp.ReportBlock(down.spec.ssrc, 128, 10, 0, 0, 0, 0)
    subscriber.client.send_rtcp(rtcp.build_rr(9, [block]))
    await publisher.client.until(lambda: rtcp.Pli(1, 31) in publisher.client.rtcp)
    publisher.client.send_rtp(low.picture(key=True, body=b"low"))
    await subscriber.client.media(MIN_PACKETS + 2)
    assert [p[7:] for p in subscriber.client.payloads()] == [b"high"] * (MIN_PACKETS + 1) + [b"low"]
    assert down.quality is Quality.HIGH


def _reported(joined: Joined) -> list[rtcp.ReportBlock]:
    reports = [p for p in joined.client.rtcp if isinstance(p, rtcp.ReceiverReport)]
    return [block for report in reports for block in report.reports]


async def test_the_quality_wanted_is_told_once_for_all_copies(join: Join) -> None:
    publisher, one, two = await join(), await join(), await join()
    track = publisher.peer.publish(simulcast_up(), time.monotonic())
    a = one.peer.subscribe(track, video_down(one.peer.new_ssrc()), time.monotonic(), Quality.LOW)
    b = two.peer.subscribe(track, video_down(two.peer.new_ssrc()), time.monotonic(), Quality.MEDIUM)
    assert track.wanted_quality() is Quality.MEDIUM
    b.close()
    assert track.wanted_quality() is Quality.LOW
    a.pause()
    assert track.wanted_quality() is None
