"""The floor: hands in the hub's order, places on stage, mutes, removal."""

from __future__ import annotations

import pytest

from confhub.checkin.standing import Standings
from confhub.engine.types import EventKind, Source
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import EndpointId, Identity
from confhub.sessions.errors import (
    ChairNotRemovable,
    NotConnected,
    NotInSession,
    NotOnStage,
    RemovedFromSession,
    SessionNotOpen,
)
from confhub.sessions.events import RoomOrdered
from tests.plugins.sessions import (
    DISTRICT_ORGANIZER,
    ORGANIZER,
    OTHER_ORGANIZER,
    VIEWER,
    Hub,
    principal,
)

H1, H2, X1 = Identity("room:H1"), Identity("room:H2"), Identity("room:X1")


async def queue(hub: Hub, session: int) -> list[str]:
    return [entry.identity for entry in (await hub.live.snapshot(ORGANIZER, session)).floor]  # type: ignore[arg-type]


async def on_stage(hub: Hub, session: int) -> set[str]:
    return {entry.identity for entry in (await hub.live.snapshot(ORGANIZER, session)).stage}  # type: ignore[arg-type]


async def test_hands_wait_in_the_order_of_the_hubs_clock_and_ties_in_order_of_arrival(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, H1, H2, X1)
    await hub.control.raise_hand(principal(5), session)
    hub.clock.advance(1)
    await hub.control.raise_hand(principal(4), session)
    await hub.control.raise_hand(principal(3), session)
    assert await queue(hub, session) == [X1, H2, H1]


async def test_a_hand_up_twice_keeps_its_place_and_one_down_loses_it(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, H1, H2)
    first = await hub.control.raise_hand(principal(3), session)
    hub.clock.advance(5)
    await hub.control.raise_hand(principal(4), session)
    assert await hub.control.raise_hand(principal(3), session) == first
    await hub.control.lower_hand(principal(3), session)
    assert await queue(hub, session) == [H2]
    assert (await hub.control.raise_hand(principal(3), session)).place == 2
    assert (await hub.control.standing(principal(3), session)).place == 2


async def test_the_floor_is_given_to_the_waiting_and_taken_back(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, H1)
    await hub.control.raise_hand(principal(3), session)
    with hub.db.bus.subscribe(RoomOrdered) as orders:
        await hub.control.give_floor(ORGANIZER, session, H1)
        assert await orders.get() == RoomOrdered(EndpointId(3))
    stored = (await hub.join.standings([EndpointId(3)]))[EndpointId(3)]
    assert stored.floor.grant_id is not None
    assert await queue(hub, session) == []
    standing = await hub.control.standing(principal(3), session)
    assert (standing.on_stage, standing.sources) == (True, ("camera", "microphone"))
    await hub.control.take_floor(ORGANIZER, session, H1)
    assert await on_stage(hub, session) == {"room:TQ"}


async def test_the_next_hand_that_is_connected_gets_the_floor(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, H1, H2)
    await hub.control.raise_hand(principal(3), session)
    await hub.control.raise_hand(principal(4), session)
    await hub.tell(session, EventKind.ABORTED, H1, f"PA_{H1}")
    entry = await hub.control.give_floor_to_next(ORGANIZER, session)
    assert entry is not None
    assert entry.identity == H2
    assert await queue(hub, session) == [H1]


async def test_a_room_that_is_away_gets_no_floor(hub: Hub) -> None:
    session = await hub.live_now()
    with pytest.raises(NotConnected):
        await hub.control.give_floor(ORGANIZER, session, H1)
    with pytest.raises(NotInSession):
        await hub.control.give_floor(ORGANIZER, session, Identity("room:nobody"))


async def test_nobody_raises_a_hand_before_the_lobby(hub: Hub) -> None:
    session = await hub.scheduled()
    with pytest.raises(SessionNotOpen):
        await hub.control.raise_hand(principal(3), session)


async def test_a_room_leaves_the_stage_by_itself_but_the_chair_keeps_its_place(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, H1, "room:TQ")
    await hub.control.give_floor(ORGANIZER, session, H1)
    await hub.control.give_back_floor(principal(3), session)
    await hub.control.give_back_floor(principal(1), session)
    assert await on_stage(hub, session) == {"room:TQ"}


@pytest.mark.both_databases
async def test_only_who_is_on_stage_is_muted_and_the_mute_ends_with_the_place(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, H1)
    with pytest.raises(NotOnStage):
        await hub.control.mute(ORGANIZER, session, H1)
    await hub.control.give_floor(ORGANIZER, session, H1)
    await hub.control.mute(ORGANIZER, session, H1, Source.MICROPHONE)
    await hub.control.mute(ORGANIZER, session, H1, Source.MICROPHONE)
    assert (await hub.control.standing(principal(3), session)).muted == ("microphone",)
    await hub.control.take_floor(ORGANIZER, session, H1)
    assert (await hub.control.standing(principal(3), session)).muted == ()


@pytest.mark.both_databases
async def test_a_removed_room_is_out_until_let_in_again(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, H1)
    await hub.control.give_floor(ORGANIZER, session, H1)
    await hub.control.remove(ORGANIZER, session, H1)
    assert (await hub.states(session))["H1"] == "removed"
    assert await on_stage(hub, session) == {"room:TQ"}
    with pytest.raises(RemovedFromSession):
        await hub.join.token_for_endpoint(principal(3), session)
    with pytest.raises(RemovedFromSession):
        await hub.control.raise_hand(principal(3), session)
    assert await hub.call_of(3) is None
    await hub.control.let_in_again(ORGANIZER, session, H1)
    assert await hub.call_of(3) is not None
    with pytest.raises(ChairNotRemovable):
        await hub.control.remove(ORGANIZER, session, Identity("room:TQ"))


async def test_calling_again_reaches_those_who_are_not_there(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, H1)
    assert await hub.control.call_again(ORGANIZER, session) == 4
    assert await hub.control.call_again(ORGANIZER, session, EndpointId(3)) == 0
    assert await hub.control.call_again(ORGANIZER, session, EndpointId(4)) == 1


async def test_orders_are_given_in_the_sessions_branch_and_small_ones_in_the_rooms_own(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, H1, H2)
    await hub.control.give_floor(ORGANIZER, session, H1)
    await hub.control.give_floor(ORGANIZER, session, H2)
    await hub.control.mute(DISTRICT_ORGANIZER, session, H1)
    assert await hub.control.call_again(DISTRICT_ORGANIZER, session, EndpointId(5)) == 1
    for refused in (
        hub.control.mute(DISTRICT_ORGANIZER, session, H2),
        hub.control.call_again(DISTRICT_ORGANIZER, session),
        hub.control.call_again(OTHER_ORGANIZER, session, EndpointId(5)),
        hub.control.take_floor(DISTRICT_ORGANIZER, session, H1),
        hub.control.give_floor(OTHER_ORGANIZER, session, H2),
        hub.control.remove(DISTRICT_ORGANIZER, session, H1),
        hub.control.let_in_again(DISTRICT_ORGANIZER, session, H1),
        hub.control.dismiss_hand(VIEWER, session, H1),
        hub.control.give_floor_to_next(VIEWER, session),
    ):
        with pytest.raises(Forbidden):
            await refused


async def test_phones_are_answered_from_the_rooms_that_take_part_now(hub: Hub) -> None:
    session = await hub.live_now()
    standings = Standings(hub.db, hub.clock)  # the clock stands still: nothing is read anew for its age
    assert [one.session_id for one in await standings.in_room(3)] == [session]
    await hub.control.remove(ORGANIZER, session, H1)
    assert await standings.in_room(3) == []
    await hub.control.let_in_again(ORGANIZER, session, H1)
    assert [one.session_id for one in await standings.in_room(3)] == [session]
