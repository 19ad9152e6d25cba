"""Who speaks next: by the queue where rooms take the floor by themselves, or by the control room's word."""

from __future__ import annotations

import pytest

from confhub.engine.types import EngineTrack, EventKind, Source, StageSlot
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import Identity, SessionId
from confhub.sessions.errors import DeckFull, NotConnected
from confhub.sessions.events import StageStale
from confhub.sessions.slots import read_stage, sharing
from tests.plugins.sessions import ORGANIZER, VIEWER, Hub, principal

H1, H2, X1 = Identity("room:H1"), Identity("room:H2"), Identity("room:X1")


async def next_ones(hub: Hub, session: SessionId) -> set[str]:
    return {row.identity for row in (await hub.live.snapshot(ORGANIZER, session)).rows if row.on_deck}


async def behind(hub: Hub, session: SessionId, screens: list[str] | None = None) -> dict[str, str | None]:
    async with hub.db.reading() as tx:
        stage = await read_stage(tx, session, screens or [])
    assert stage is not None
    return {slot.value: who.identity if who is not None else None for slot, who in stage.slots.items()}


async def test_the_first_two_connected_hands_are_next_where_rooms_take_the_floor_by_themselves(
    hub: Hub,
) -> None:
    session = await hub.live_now()
    await hub.joins(session, H1, H2, X1)
    for endpoint in (3, 4, 5):
        await hub.control.raise_hand(principal(endpoint), session)
        hub.clock.advance(1)
    assert await next_ones(hub, session) == {H1, H2}
    assert (await hub.control.standing(principal(3), session)).on_deck
    await hub.tell(session, EventKind.ABORTED, H1, f"PA_{H1}")
    assert await next_ones(hub, session) == {H2, X1}
    await hub.control.give_floor_to_next(ORGANIZER, session)
    assert await next_ones(hub, session) == {X1}
    assert not (await hub.control.standing(principal(4), session)).on_deck


async def test_nobody_is_next_by_itself_where_rooms_are_asked(hub: Hub) -> None:
    session = await hub.live_now(floor_auto_accept=False)
    await hub.joins(session, H1)
    await hub.control.raise_hand(principal(3), session)
    assert await next_ones(hub, session) == set()
    await hub.control.prepare(ORGANIZER, session, H1)
    assert await next_ones(hub, session) == {H1}


async def test_who_is_prepared_stands_in_no_slot_until_it_gets_the_floor(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, H1)
    await hub.control.prepare(ORGANIZER, session, H1)
    standing = await hub.control.standing(principal(3), session)
    assert (standing.on_deck, standing.on_stage) == (True, False)
    assert [entry.identity for entry in (await hub.live.snapshot(ORGANIZER, session)).stage] == ["room:TQ"]
    assert (await behind(hub, session))["speaker"] is None
    await hub.control.give_floor(ORGANIZER, session, H1)
    standing = await hub.control.standing(principal(3), session)
    assert (standing.on_deck, standing.on_stage) == (False, True)
    assert (await behind(hub, session))["speaker"] == H1
    await hub.control.take_floor(ORGANIZER, session, H1)
    await hub.control.prepare(ORGANIZER, session, H1)
    await hub.control.take_floor(ORGANIZER, session, H1)
    assert await next_ones(hub, session) == set()


async def test_only_connected_ones_are_prepared_and_only_a_few(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("confhub.sessions.deck.PREPARED_MAX", 1)
    session = await hub.live_now()
    with pytest.raises(NotConnected):
        await hub.control.prepare(ORGANIZER, session, H1)
    await hub.joins(session, H1, H2, "room:TQ")
    with pytest.raises(Forbidden):
        await hub.control.prepare(VIEWER, session, H1)
    await hub.control.prepare(ORGANIZER, session, H1)
    await hub.control.prepare(ORGANIZER, session, H1)
    await hub.control.prepare(ORGANIZER, session, Identity("room:TQ"))  # on stage already
    with pytest.raises(DeckFull):
        await hub.control.prepare(ORGANIZER, session, H2)
    assert await next_ones(hub, session) == {H1}


async def test_the_speaker_is_who_got_the_floor_last_and_the_one_before_comes_back(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, H1, H2)
    assert await behind(hub, session) == {"chair": "room:TQ", "speaker": None, "content": None}
    for identity in (H1, H2):
        hub.clock.advance(1)
        await hub.control.give_floor(ORGANIZER, session, identity)
        assert (await behind(hub, session))["speaker"] == identity
    hub.clock.advance(1)
    await hub.control.give_floor(ORGANIZER, session, H1)
    assert (await behind(hub, session))["speaker"] == H1
    await hub.control.take_floor(ORGANIZER, session, H1)
    assert (await behind(hub, session))["speaker"] == H2


async def test_content_is_the_screen_that_was_shown_last_by_somebody_who_may(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, H1)
    await hub.control.give_floor(ORGANIZER, session, H1)
    assert (await behind(hub, session, ["room:TQ", H1]))["content"] == "room:TQ"  # H1 may not share
    await hub.control.give_floor(ORGANIZER, session, H1, tuple(Source))
    assert (await behind(hub, session, ["room:TQ", H1]))["content"] == H1


async def test_a_shared_screen_is_told_to_the_keeper(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, "room:TQ", H1)
    screen = EngineTrack("TR_1", Source.SCREEN_SHARE, muted=False)
    with hub.db.bus.subscribe(StageStale) as told:
        for identity in (H1, "room:TQ"):
            hub.clock.advance(1)
            await hub.tell(session, EventKind.TRACK_PUBLISHED, identity, f"PA_{identity}", track=screen)
            assert await told.get() == StageStale(session, Identity(identity))
        async with hub.db.reading() as tx:
            assert await sharing(tx, session) == [H1, "room:TQ"], "the newest last"
        await hub.tell(session, EventKind.TRACK_UNPUBLISHED, "room:TQ", "PA_room:TQ", track=screen)
        assert await told.get() == StageStale(session, Identity("room:TQ"))
    async with hub.db.reading() as tx:
        assert await sharing(tx, session) == [H1]


async def test_the_rooms_are_told_who_stands_where(hub: Hub) -> None:
    session = await hub.live_now()
    async with hub.db.reading() as tx:
        stage = await read_stage(tx, session, [])
    assert stage is not None
    assert stage.slots[StageSlot.SPEAKER] is None
    assert stage.metadata() == (
        '{"stage":{"chair":{"identity":"room:TQ","name":"Trường quay tỉnh","endpoint":"TQ"},'
        '"speaker":null,"content":null}}'
    )
