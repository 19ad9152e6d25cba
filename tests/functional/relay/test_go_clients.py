"""LiveKit's Go SDK (pion), unmodified, publishes to and receives from the relay: bytes in are bytes out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from confhub.relay.service.server import Relay
from tests.functional.endpoints.cutter import Cutter
from tests.functional.relay.clients import RED, colour_of, frequency_of, is_close, token
from tests.functional.relay.golang import Go, gopeer
from tests.functional.relay.ways import TWINS, WAYS
from tests.plugins.relay import Join

pytestmark = pytest.mark.calm  # sound in one connection has no NACK: a starved machine would lose some

LATE_S = 0.5
"""25 packets of sound; pion drops at most eleven."""
MODES = pytest.mark.parametrize("single", [False, True], ids=["two connections", "one connection"])


@pytest.fixture
async def go(way: str) -> AsyncIterator[Go]:
    async with Go(gopeer(by_tcp=way == "tcp")) as go:
        yield go


async def _join(go: Go, relay: Relay, who: str, way: str = "udp", **options: Any) -> None:
    url = f"ws://127.0.0.1:{relay.port}"
    await go.join(who, url, token(who), relayed=way == "turn", **options)


async def _is_whole(go: Go, who: str, sid: str, count: int) -> None:
    """The next packets of a track come without a gap and as they were sent."""
    go.anew()
    figures = await go.receives(who, sid, count)
    assert (figures["missing"], figures["wrong"]) == (0, 0), figures


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("way", WAYS)
@MODES
async def test_go_clients_see_and_hear_each_other(go: Go, relay: Relay, way: str, single: bool) -> None:
    await _join(go, relay, "anna", way, single=single)
    await _join(go, relay, "binh", way, single=single)
    heard: list[tuple[str, str]] = []
    for who, other in (("anna", "binh"), ("binh", "anna")):
        for kind in ("audio", "video"):
            sid = await go.publish(who, kind)
            told = await go.event("track", other, lambda what, sid=sid: what["sid"] == sid)
            assert (told["from"], told["kind"]) == (who, kind)
            heard.append((other, sid))
    go.anew()
    for who, sid in heard:
        figures = await go.receives(who, sid, 60)
        assert (figures["missing"], figures["wrong"]) == (0, 0), figures


async def test_a_go_client_and_libwebrtc_see_and_hear_each_other(go: Go, relay: Relay, join: Join) -> None:
    """The Go client sends back what it gets: pictures and sound through libwebrtc, pion, libwebrtc."""
    anna, binh = await join("anna"), await join("binh", single=False)
    await _join(go, relay, "go")
    for publication in (await anna.show(RED), await anna.sound(660)):
        await go.event("track", "go", lambda what, sid=publication.sid: what["sid"] == sid)
        go.do("echo", "go", sid=publication.sid)
    assert is_close(await colour_of(await binh.track("video", "go"), frames=15), RED)
    assert abs(await frequency_of(await binh.track("audio", "go")) - 660) <= 10
    (figures, *_) = [found for found in await go.figures() if found["kind"] == "audio"]
    assert figures["packets"] > 50
    assert figures["holes"] == 0


@MODES
async def test_messages_go_both_ways(go: Go, relay: Relay, join: Join, single: bool) -> None:
    """What is said as soon as the newcomer is announced waits until its channel is open."""
    anna = await join("anna")
    joining = asyncio.create_task(_join(go, relay, "go", single=single))
    await anna.heard.event("came", lambda who: who == "go")
    await anna.me.publish_data("chào anh", reliable=True)
    await joining
    await go.event("data", "go", lambda what: (what["text"], what["from"]) == ("chào anh", "anna"))
    go.do("say", "go", text="xin chào")
    packet = await anna.heard.event("data")
    assert (packet.data.decode(), packet.participant.identity) == ("xin chào", "go")


@MODES
async def test_mute_unmute_and_unpublish_reach_a_go_client(go: Go, relay: Relay, single: bool) -> None:
    await _join(go, relay, "anna", single=single)
    await _join(go, relay, "binh", single=single)
    sid = await go.publish("anna", "audio")
    await go.event("track", "binh", lambda what: what["sid"] == sid)
    await _is_whole(go, "binh", sid, 20)
    go.do("mute", "anna", sid=sid)
    await go.event("muted", "binh", lambda what: what["sid"] == sid)
    go.do("unmute", "anna", sid=sid)
    await go.event("unmuted", "binh", lambda what: what["sid"] == sid)
    go.anew()
    await go.receives("binh", sid, 20)
    go.do("unpublish", "anna", sid=sid)
    await go.event("unpublished", "binh", lambda what: what["sid"] == sid)
    again = await go.publish("anna", "video")
    await go.event("track", "binh", lambda what: what["sid"] == again)
    await _is_whole(go, "binh", again, 20)


async def test_no_sound_is_lost_before_a_slow_answer_in_one_connection(go: Go, relay: Relay) -> None:
    """Signalling that is slower than the media: pion looks through the first packets of a stream that no
    answer has named yet, and drops them."""
    await _join(go, relay, "anna")
    door = Cutter(relay.port, LATE_S)
    await go.join("binh", f"ws://127.0.0.1:{await door.start()}", token("binh"), single=True)
    sid = await go.publish("anna", "audio")
    await go.event("track", "binh", lambda what: what["sid"] == sid)
    await go.receives("binh", sid, 30)
    go.do("mute", "anna", sid=sid)
    await go.event("muted", "binh", lambda what: what["sid"] == sid)
    (room,) = relay.rooms.all()
    down = room.participants["binh"].subscriptions[sid].down
    assert down is not None
    (figures,) = [found for found in await go.figures() if found["sid"] == sid]
    assert (figures["packets"], figures["holes"]) == (down.packets, 0)
    await door.stop()


@MODES
async def test_what_is_received_goes_on_when_the_receiver_publishes_and_stops(
    go: Go, relay: Relay, single: bool
) -> None:
    """In one connection pion sends in the section in which it receives already."""
    await _join(go, relay, "anna", single=single)
    await _join(go, relay, "binh", single=single)
    heard = await go.publish("anna", "audio")
    await go.event("track", "binh", lambda what: what["sid"] == heard)
    own = await go.publish("binh", "audio")
    await go.event("track", "anna", lambda what: what["sid"] == own)
    await _is_whole(go, "anna", own, 20)
    await _is_whole(go, "binh", heard, 20)
    go.do("unpublish", "binh", sid=own)
    await go.event("unpublished", "anna", lambda what: what["sid"] == own)
    await _is_whole(go, "binh", heard, 20)


@MODES
@pytest.mark.parametrize("who", ["anna", "binh"])
async def test_media_goes_on_through_a_resume(go: Go, relay: Relay, single: bool, who: str) -> None:
    """The publisher's signalling drops, or the viewer's. pion closes its sockets at an ICE restart: what was
    on the way to a viewer's old one, or from a publisher's, is lost where sound has no NACK (in one
    connection). Of what reached the relay from the publisher, nothing is."""
    await _join(go, relay, "anna", single=single)
    await _join(go, relay, "binh", single=single)
    sids = [await go.publish("anna", kind) for kind in ("audio", "video")]
    for sid in sids:
        await go.event("track", "binh", lambda what, sid=sid: what["sid"] == sid)
        await go.receives("binh", sid, 10)
    (room,) = relay.rooms.all()
    known = room.participants[who].sid
    ups = [publication.up for sid in sids if (publication := room.publication(sid)) is not None]
    go.anew()
    go.do("simulate", who, scenario="signal")
    await go.event("reconnected", who)
    for sid, up in zip(sids, ups, strict=True):
        assert up is not None
        restarted = await go.receives("binh", sid, 25)
        assert restarted["wrong"] == 0
        assert restarted["missing"] <= (25 if who == "binh" else up.stats().lost)
    for sid in sids:
        await _is_whole(go, "binh", sid, 50)
    assert room.participants[who].sid == known


@MODES
async def test_a_go_client_that_is_told_to_join_anew_publishes_again(
    go: Go, relay: Relay, single: bool
) -> None:
    await _join(go, relay, "anna", single=single)
    await _join(go, relay, "binh", single=single)
    sid = await go.publish("anna", "audio")
    await go.receives("binh", sid, 10)
    go.do("simulate", "anna", scenario="node-failure")
    await go.event("reconnected", "anna")
    told = await go.event("track", "binh", lambda what: what["sid"] != sid)
    await go.receives("binh", told["sid"], 50)
