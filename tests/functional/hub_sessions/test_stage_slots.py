"""The stage's slots from the control room's order to the rooms' pictures, over a real relay."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest

from confhub.engine.types import StageSlot
from confhub.kernel.ids import Identity, MediaRoom
from tests.contract.engine.clients import Client
from tests.functional.hub_sessions.running import Running, done, eventually, joined, media_room_of, running
from tests.plugins.sessions import ORGANIZER, principal

__all__ = ["running"]
H1, H2 = Identity("room:H1"), Identity("room:H2")
pytestmark = pytest.mark.filterwarnings(
    # the SDK complains from a finalizer when the server dropped a handle before it did
    "ignore:Exception ignored in. <function FfiHandle:pytest.PytestUnraisableExceptionWarning"
)


async def behind(running: Running, media_room: MediaRoom) -> dict[StageSlot, str | None]:
    return {row.slot: row.identity for row in await running.hub.engine.stage(media_room)}


def told(who: Client) -> Mapping[str, Any]:
    """What a room was told of the stage."""
    return json.loads(who.room.metadata or "{}").get("stage", {})  # type: ignore[no-any-return]


async def test_who_raised_its_hand_publishes_ahead_and_is_seen_with_the_floor_alone(running: Running) -> None:
    session = await running.hub.live_now()
    media_room = await media_room_of(running, session)
    async with AsyncExitStack() as clients:
        viewer = await running.enter(session, 4)
        clients.push_async_callback(viewer.leave)
        viewer.room.on("room_metadata_changed", lambda *_: viewer.changed.set())
        speaker = await running.enter(session, 3)
        clients.push_async_callback(speaker.leave)
        await eventually(lambda: joined(running, session, "H1"))
        await running.hub.control.raise_hand(principal(3), session)
        await speaker.until(speaker.may_publish)
        await speaker.publish_picture()
        assert (await behind(running, media_room))[StageSlot.SPEAKER] is None
        assert not viewer.frames

        await running.hub.control.give_floor(ORGANIZER, session, H1)
        assert (await behind(running, media_room))[StageSlot.SPEAKER] == H1
        await viewer.until(lambda: viewer.frames.get("stage:speaker", 0) >= 3)
        await viewer.until(lambda: bool(told(viewer).get("speaker")))
        assert told(viewer)["speaker"]["identity"] == H1

        await running.hub.control.take_floor(ORGANIZER, session, H1)
        assert (await behind(running, media_room))[StageSlot.SPEAKER] is None
        await speaker.until(lambda: not speaker.may_publish())
        await viewer.until(lambda: told(viewer).get("speaker", H1) is None)
        there = await running.there(media_room, H1)
        assert there is not None
        assert there.tracks == ()
        assert viewer.others() == {"stage:chair", "stage:speaker", "stage:content"}


async def test_a_lowered_hand_takes_the_right_to_publish_back(running: Running) -> None:
    session = await running.hub.live_now()
    async with AsyncExitStack() as clients:
        room = await running.enter(session, 3)
        clients.push_async_callback(room.leave)
        await eventually(lambda: joined(running, session, "H1"))
        await running.hub.control.raise_hand(principal(3), session)
        await room.until(room.may_publish)
        await running.hub.control.lower_hand(principal(3), session)
        await room.until(lambda: not room.may_publish())


async def test_after_the_relays_death_the_slots_are_filled_again_as_the_rooms_come_back(
    running: Running,
) -> None:
    session = await running.hub.live_now()
    media_room = await media_room_of(running, session)
    async with AsyncExitStack() as clients:
        lost = [await running.enter(session, endpoint) for endpoint in (1, 3)]
        await eventually(lambda: joined(running, session, "H1"))
        await running.hub.control.give_floor(ORGANIZER, session, H1)
        wanted = {StageSlot.CHAIR: "room:TQ", StageSlot.SPEAKER: H1, StageSlot.CONTENT: None}

        async def is_filled() -> bool:
            return await behind(running, media_room) == wanted

        await eventually(is_filled)
        await running.kill_relay()
        for client in lost:
            await client.leave()
        for endpoint in (1, 3):
            again = await running.enter(session, endpoint)
            clients.push_async_callback(again.leave)
        await eventually(is_filled)
        await eventually(lambda: done(told(again).get("chair", {}).get("identity") == "room:TQ"))


async def test_the_clockwork_points_again_what_somebody_else_pointed_away(running: Running) -> None:
    session = await running.hub.live_now()
    media_room = await media_room_of(running, session)
    async with AsyncExitStack() as clients:
        chair = await running.enter(session, 1)
        clients.push_async_callback(chair.leave)
        await chair.until(chair.may_publish)

        async def is_chair() -> bool:
            return (await behind(running, media_room))[StageSlot.CHAIR] == "room:TQ"

        await eventually(is_chair)
        await running.hub.engine.point_slot(media_room, StageSlot.CHAIR, None)
        await running.hub.engine.set_room_metadata(media_room, "")
        await running.clockwork.reconcile()
        assert await is_chair()
        await eventually(lambda: done(told(chair).get("chair") is not None))
