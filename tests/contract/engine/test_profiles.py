"""Bandwidth profiles by whatever means the engine has."""

from __future__ import annotations

import asyncio
import secrets

import pytest

from confhub.engine.engine import MediaEngine
from confhub.engine.errors import ParticipantGone
from confhub.kernel.ids import Identity, MediaRoom
from tests.contract.engine.clients import Client
from tests.contract.engine.test_contract import place, speaking

LOOK_S = 1.0
"""A picture that is sent comes many times within it."""


@pytest.fixture
def media_room() -> MediaRoom:
    return MediaRoom(f"profiles-{secrets.token_hex(4)}")


async def _profile(engine: MediaEngine, media_room: MediaRoom, identity: str) -> str | None:
    present = await engine.participants(media_room)
    return next(who.profile for who in present if who.identity == identity)


async def _pictures(viewer: Client, source: str) -> int:
    """How many come while one looks."""
    before = viewer.frames.get(source, 0)
    await asyncio.sleep(LOOK_S)  # what does not come has no event to wait for
    return viewer.frames.get(source, 0) - before


async def test_audio_first_pauses_pictures_and_full_brings_them_back(
    engine: MediaEngine, media_room: MediaRoom
) -> None:
    async with (
        Client(engine, media_room, "room:S") as speaker,
        Client(engine, media_room, "room:V") as viewer,
    ):
        await speaking(engine, media_room, speaker)
        source = place(engine, "room:S")
        await viewer.until(lambda: viewer.frames.get(source, 0) > 0)
        await engine.set_profile(media_room, viewer.identity, "audio")
        assert await _profile(engine, media_room, "room:V") == "audio"
        async with asyncio.timeout(15):
            while await _pictures(viewer, source):
                pass
        await engine.set_profile(media_room, viewer.identity, "full")
        async with asyncio.timeout(15):
            while not await _pictures(viewer, source):
                pass


async def test_a_profile_for_somebody_who_is_not_there(engine: MediaEngine, media_room: MediaRoom) -> None:
    await engine.open_room(media_room)
    with pytest.raises(ParticipantGone):
        await engine.set_profile(media_room, Identity("room:nobody"), "low")


async def test_figures_are_told_by_the_relay_alone(engine: MediaEngine, media_room: MediaRoom) -> None:
    async with Client(engine, media_room, "room:V"):
        found = await engine.figures([media_room])
    if engine.capabilities.engine == "relay":
        assert [row["identity"] for row in found[media_room]] == ["room:V"]
    else:
        assert found == {}
