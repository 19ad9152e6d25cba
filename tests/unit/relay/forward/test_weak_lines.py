"""A picture that makes way for sound, layers that are turned off late, and reports for who begins to send."""

import time

import pytest

from confhub.relay.forward.router import DownTrack, Quality
from confhub.relay.forward.wanted import LOWER_AFTER_S, Wanted
from confhub.relay.transport.mux import UdpMux
from confhub.relay.wire import rtcp
from tests.plugins.media_plane import Join
from tests.unit.relay.driving import driven
from tests.unit.relay.peerkit import Client, Events
from tests.unit.relay.streams import Stream, audio_down, audio_up, video_down, video_up

pytestmark = pytest.mark.sockets


async def test_a_starved_picture_pauses_alone_and_is_told(mux: UdpMux) -> None:
    told: list[tuple[DownTrack, bool]] = []
    router = driven(mux, on_starved=lambda down: told.append((down, down.is_starved)))
    clients, peers = [Client(), Client()], []
    for client in clients:
        events = Events()
        transport = mux.new_transport(events)
        peers.append(router.add_peer(transport))
        await client.connect(mux, transport)
        await events.until("connected")
    sound, picture = (
        peers[0].publish(audio_up(), time.monotonic()),
        peers[0].publish(video_up(), time.monotonic()),
    )
    heard = peers[1].subscribe(sound, audio_down(peers[1].new_ssrc()), time.monotonic())
    seen = peers[1].subscribe(picture, video_down(peers[1].new_ssrc()), time.monotonic())
    voice, camera = Stream(1111, 111), Stream(2222, 96)
    clients[0].send_rtp(camera.picture(key=True, body=b"1"))
    clients[0].send_rtp(voice.packet(b"a"))
    await clients[1].until(lambda: b"a" in clients[1].payloads())

    seen.set_starved(True, time.monotonic())
    assert told == [(seen, True)]
    assert picture.wanted_quality() is None
    clients[0].send_rtp(camera.picture(body=b"2"))
    clients[0].send_rtp(voice.packet(b"b"))
    await clients[1].until(lambda: b"b" in clients[1].payloads())
    assert heard.lane is not None

    seen.set_starved(False, time.monotonic())
    assert told[-1] == (seen, False)
    clients[0].send_rtp(camera.picture(key=True, body=b"3"))
    await clients[1].until(lambda: clients[1].payloads()[-1][7:] == b"3")
    assert not any(payload[7:] == b"2" for payload in clients[1].payloads())
    router.close()
    for client in clients:
        await client.close()


def test_a_layer_is_wanted_at_once_and_given_up_late() -> None:
    wanted = Wanted()
    assert wanted.changed(Quality.MEDIUM, 0.0)
    assert wanted.changed(Quality.HIGH, 0.1)
    assert not wanted.changed(Quality.LOW, 1.0)
    assert not wanted.changed(Quality.HIGH, 1.0 + LOWER_AFTER_S)
    assert not wanted.changed(None, 10.0)
    assert wanted.changed(None, 10.0 + LOWER_AFTER_S)
    assert wanted.told is None


def test_what_flaps_is_told_once() -> None:
    wanted = Wanted()
    told = [wanted.changed(Quality.HIGH if n % 2 else Quality.LOW, n / 2) for n in range(40)]
    assert told.count(True) == 2


async def test_an_idle_peer_has_no_turn(join: Join) -> None:
    peer = (await join()).peer
    assert peer.tick(time.monotonic()) == float("inf")


async def test_a_sender_is_told_what_it_may_send_soon_after_it_begins(join: Join) -> None:
    publisher = await join()
    publisher.peer.publish(video_up(), time.monotonic())
    began_s = time.monotonic()
    publisher.client.send_rtp(Stream(2222, 96).picture(key=True))
    await publisher.client.until(lambda: any(isinstance(p, rtcp.Remb) for p in publisher.client.rtcp))
    assert time.monotonic() - began_s < 3.0  # reports to who is silent come each 5 s
