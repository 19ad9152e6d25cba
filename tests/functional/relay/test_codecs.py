"""Clients of different making in one room: each gets what it can decode, in its own payload types."""

from __future__ import annotations

import aiohttp
import pytest

from confhub.relay.service.server import Relay
from confhub.relay.wire import red
from tests.functional.relay.clients import BLUE, RED, colour_of, frequency_of, is_close, token
from tests.functional.relay.handmade import HandmadePerson
from tests.functional.relay.ways import UDP_ONLY
from tests.plugins.relay import Join


@UDP_ONLY
@pytest.mark.parametrize("single", [True, False], ids=["one connection", "two connections"])
async def test_other_codecs_reach_libwebrtc_and_back(join: Join, relay: Relay, single: bool) -> None:
    """H.264 and PCMU by encoders of FFmpeg one way, VP8 and redundant Opus of libwebrtc the other."""
    anna = await join("anna", single=single)
    async with (
        aiohttp.ClientSession() as http,
        HandmadePerson(http, relay.port, relay.udp_port, token("other")) as other,
    ):
        await other.show(BLUE)
        await other.sound(440)
        assert is_close(await colour_of(await anna.track("video", "other"), frames=15), BLUE)
        assert abs(await frequency_of(await anna.track("audio", "other")) - 440) <= 10
        shown, heard = await anna.show(RED), await anna.sound(660)
        assert is_close(await other.vp8_colour(shown.sid), RED)
        packets = await other.packets(heard.sid, 20)
        section = other.sections[heard.sid]
        assert {section.codecs[view.pt].key for view, _ in packets} == {"opus"}


async def test_libwebrtc_hears_libwebrtc_with_redundancy(join: Join, relay: Relay) -> None:
    anna, binh = await join("anna"), await join("binh")
    await anna.sound(500)
    remote = await binh.track("audio", "anna")
    assert abs(await frequency_of(remote) - 500) <= 10
    (room,) = relay.rooms.all()
    (publication,) = room.participants["anna"].publications.values()
    (subscription,) = room.participants["binh"].subscriptions.values()
    assert publication.redundant_pt
    assert subscription.down is not None
    layer = subscription.down.layer
    assert layer is not None
    assert layer.codec is not None
    assert layer.top_cargo is not None
    assert layer.codec.name == "red"
    assert red.primary(layer.top_cargo.payload)[0] == publication.redundant_pt
