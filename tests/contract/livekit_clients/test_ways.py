"""Unmodified Python clients over every way to the relay, with both fan-outs: media, data, resuming."""

from __future__ import annotations

import asyncio
from itertools import product

import pytest

from confhub.relay.service.server import Relay
from tests.functional.relay.clients import GREEN, RED, colour_of, frequency_of, is_close
from tests.functional.relay.ways import TWINS, WAYS
from tests.plugins.relay import Join

MATRIX = pytest.mark.parametrize(("way", "twin"), list(product(WAYS, TWINS)))


def _addresses(relay: Relay) -> set[str]:
    """How each transport with an address is reached now: "udp" or "tcp"."""
    return {
        "tcp" if "tcp" in transport.path.address else "udp"
        for transport in relay.mux._transports
        if transport.path.address is not None
    }


@MATRIX
async def test_pictures_tones_and_data_arrive_and_go_on_after_a_resume(
    join: Join,
    relay: Relay,
    way: str,
    twin: str,
) -> None:
    anna = await join("anna", single=True)
    binh = await join("binh", single=False)
    await anna.show(RED)
    await anna.sound(440)
    await binh.show(GREEN)
    picture, tone = await binh.track("video", "anna"), await binh.track("audio", "anna")
    assert is_close(await colour_of(picture), RED)
    assert is_close(await colour_of(await anna.track("video", "binh")), GREEN)
    assert abs(await frequency_of(tone) - 440) <= 3
    await anna.me.publish_data(b"hello" * 1_000, reliable=True, topic="t")
    packet = await binh.heard.event("data")
    assert packet.data == b"hello" * 1_000
    assert _addresses(relay) == {"tcp" if way == "tcp" else "udp"}

    room = relay.rooms.get("hall")
    assert room is not None
    link = room.participants["binh"].link
    assert link is not None
    link.close()
    await binh.heard.event("reconnected")
    assert abs(await frequency_of(tone) - 440) <= 3
    assert is_close(await colour_of(picture), RED)
    assert len(binh.heard.all("track")) == 2


@pytest.mark.parametrize("way", ["tcp", "turn"])
async def test_a_crowd_that_joins_at_once_hears_the_same_speaker(
    join: Join,
    way: str,
) -> None:
    anna = await join("anna")
    await anna.sound(600)
    people = await asyncio.gather(*(join(f"p{number}", single=number % 2 == 0) for number in range(6)))
    for person in people:
        assert abs(await frequency_of(await person.track("audio", "anna")) - 600) <= 3
