"""What the media server tells about presence: doubled, late and reordered events change nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from confhub.engine.types import EngineParticipant, EngineTrack, EventKind, Source
from confhub.kernel.ids import EndpointId, Identity, MediaRoom, SessionId
from confhub.sessions import presence
from confhub.sessions.events import StageStale
from confhub.sessions.models import SessionEndpoint
from tests.plugins.sessions import ORGANIZER, Hub

pytestmark = pytest.mark.both_databases

H1 = "room:H1"


async def test_a_room_joins_is_lost_and_comes_back(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.tell(session, EventKind.JOINED, H1, "PA_1")
    assert (await hub.states(session))["H1"] == "joined"
    await hub.tell(session, EventKind.ABORTED, H1, "PA_1")
    assert (await hub.states(session))["H1"] == "lost"
    hub.clock.advance(2)
    await hub.tell(session, EventKind.JOINED, H1, "PA_2")
    assert (await hub.states(session))["H1"] == "joined"
    await hub.tell(session, EventKind.LEFT, H1, "PA_2")
    assert (await hub.states(session))["H1"] == "left"


async def test_a_leave_of_an_older_connection_is_no_leave(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.tell(session, EventKind.JOINED, H1, "PA_1")
    hub.clock.advance(5)
    await hub.tell(session, EventKind.JOINED, H1, "PA_2")
    await hub.tell(session, EventKind.LEFT, H1, "PA_1")
    assert (await hub.states(session))["H1"] == "joined"


async def test_late_and_doubled_joins_change_nothing(hub: Hub) -> None:
    session = await hub.live_now()
    old = hub.clock.now()
    hub.clock.advance(5)
    await hub.tell(session, EventKind.JOINED, H1, "PA_2")
    await hub.tell(session, EventKind.JOINED, H1, "PA_1", joined_at=old)
    async with hub.db.reading() as tx:
        assert (await tx.get_one(SessionEndpoint, (session, 3))).connection == "PA_2"
    await hub.tell(session, EventKind.LEFT, H1, "PA_2")
    await hub.tell(session, EventKind.JOINED, H1, "PA_2")
    assert (await hub.states(session))["H1"] == "left"


async def test_a_new_instance_and_each_join_ask_for_restoring(hub: Hub) -> None:
    session = await hub.live_now()
    with hub.db.bus.subscribe(StageStale) as wishes:
        await hub.tell(session, EventKind.JOINED, H1, instance="RM_2")
        first, second = await wishes.get(), await wishes.get()
    assert first == StageStale(session)
    assert second == StageStale(session, Identity(H1))


async def test_published_sound_shows_until_it_is_gone(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.tell(session, EventKind.JOINED, H1)
    track = EngineTrack("TR_1", Source.MICROPHONE, muted=False)
    await hub.tell(session, EventKind.TRACK_PUBLISHED, H1, track=track)
    assert await microphone(hub, session)
    await hub.tell(session, EventKind.TRACK_UNPUBLISHED, H1, track=track)
    assert not await microphone(hub, session)


async def microphone(hub: Hub, session: SessionId) -> bool:
    rows = (await hub.live.snapshot(ORGANIZER, session)).rows
    return next(row.mic_on for row in rows if row.code == "H1")


async def test_reconciling_finds_who_came_and_who_went_unseen(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.tell(session, EventKind.JOINED, H1)
    await hub.tell(session, EventKind.JOINED, "room:X1")
    hub.clock.advance(30)
    await hub.tell(session, EventKind.JOINED, "room:P0")  # after the list was made
    now = hub.clock.now()
    there = [
        EngineParticipant(
            identity=Identity(identity), sid="PA_9", name="", connected=True,
            joined_at=now - timedelta(seconds=9),
            last_seen=None, can_publish=False, sources=(), hidden=False, tracks=(),
        )
        for identity in (H1, "room:H2")
    ]  # fmt: skip
    async with hub.db.transaction() as tx:
        ref = await presence.session_of(tx, MediaRoom(await media_room(hub, session)))
        assert ref is not None
        await presence.reconcile(tx, ref, there, now)
    assert await hub.states(session) == {
        "TQ": "called", "P0": "joined", "H1": "joined", "H2": "joined", "X1": "lost",
    }  # fmt: skip


async def media_room(hub: Hub, session: SessionId) -> str:
    return (await hub.sessions.get(ORGANIZER, session)).session.media_room or ""


async def test_after_the_end_only_leaves_are_heard(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.sessions.end(ORGANIZER, session)
    await hub.tell(session, EventKind.JOINED, H1)
    assert (await hub.states(session))["H1"] == "absent", "it did not come, and nobody calls it now"


async def test_a_heartbeat_moves_last_seen_forward_only(hub: Hub) -> None:
    session = await hub.live_now()
    now = hub.clock.now()
    for at in (now, now - timedelta(seconds=10)):
        async with hub.db.transaction() as tx:
            await presence.heard(tx, {(session, EndpointId(3)): at})
    async with hub.db.reading() as tx:
        assert (await tx.get_one(SessionEndpoint, (session, 3))).last_seen_at == now
