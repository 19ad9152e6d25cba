"""A session's life, step by step: dated, audited, told; and what each step does to rooms and stage."""

from __future__ import annotations

import asyncio
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from confhub.access.rules import SYSTEM
from confhub.audit.models import AuditRow
from confhub.kernel.errors import Forbidden
from confhub.sessions.errors import IsEnded, IsLive, SessionUnknown, WrongState
from confhub.sessions.events import RoomsCalled, SessionChanged
from confhub.sessions.models import SessionChange
from confhub.sessions.rules import Step
from confhub.sessions.values import SessionState
from tests.plugins.sessions import (
    DISTRICT_ORGANIZER,
    ORGANIZER,
    OTHER_ORGANIZER,
    VIEWER,
    Hub,
    principal,
)


async def test_each_step_is_dated_and_audited(hub: Hub) -> None:
    session = await hub.scheduled()
    for step in (hub.sessions.open_lobby, hub.sessions.start, hub.sessions.end, hub.sessions.archive):
        hub.clock.advance(60)
        await step(ORGANIZER, session)
    details = await hub.sessions.get(ORGANIZER, session)
    assert [change.state.value for change in details.changes] == [
        "draft", "scheduled", "lobby", "live", "ended", "archived",
    ]  # fmt: skip
    moments = [change.at for change in details.changes]
    assert moments == sorted(moments)
    assert (details.session.actual_start, details.session.actual_end) == (moments[3], moments[4])
    async with hub.db.reading() as tx:
        actions = (await tx.scalars(select(AuditRow.action).order_by(AuditRow.id))).all()
    assert [action.rpartition(":")[2] for action in actions] == [
        "create", "schedule", "open_lobby", "start", "end", "archive",
    ]  # fmt: skip


async def test_the_lobby_calls_every_room_and_seats_the_chair(hub: Hub) -> None:
    with hub.db.bus.subscribe(RoomsCalled) as calls:
        session = await hub.in_lobby()
        assert await calls.get() == RoomsCalled(session)
    assert set((await hub.states(session)).values()) == {"called"}
    assert len(await hub.calls_to(session)) == 5
    call = await hub.call_of(5)
    assert call is not None
    assert (call.session_id, call.state) == (session, SessionState.LOBBY)
    (chair,) = (await hub.live.snapshot(ORGANIZER, session)).stage
    assert (chair.identity, chair.slot.value) == ("room:TQ", "chair")
    assert "screen_share" in chair.sources


async def test_the_end_clears_the_stage_and_calls_nobody(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.joins(session, "room:H1")
    await hub.control.raise_hand(principal(3), session)
    await hub.sessions.end(ORGANIZER, session)
    snapshot = await hub.live.snapshot(ORGANIZER, session)
    assert (snapshot.stage, snapshot.floor) == ((), ())
    assert await hub.calls_to(session) == []
    assert (await hub.states(session))["H1"] == "left"


async def test_a_lobby_is_cancelled_but_a_live_session_is_not(hub: Hub) -> None:
    lobby = await hub.in_lobby()
    assert (await hub.sessions.cancel(ORGANIZER, lobby)).state is SessionState.CANCELLED
    live = await hub.live_now()
    with pytest.raises(WrongState):
        await hub.sessions.cancel(ORGANIZER, live)


async def test_steps_are_taken_in_the_own_branch_only(hub: Hub) -> None:
    session = await hub.in_lobby()
    with pytest.raises(Forbidden):
        await hub.sessions.start(DISTRICT_ORGANIZER, session)
    with pytest.raises(Forbidden):
        await hub.sessions.start(VIEWER, session)
    own = await hub.scheduled(unit_id=2)
    assert (await hub.sessions.open_lobby(DISTRICT_ORGANIZER, own)).state is SessionState.LOBBY
    only_theirs = hub.form(
        unit_id=2, chair_endpoint_id=3, participants=type(hub.form().participants)(include_units=(4,))
    )
    draft = await hub.sessions.create(DISTRICT_ORGANIZER, only_theirs)
    with pytest.raises(SessionUnknown):
        await hub.sessions.schedule(OTHER_ORGANIZER, draft.session.id)


async def rows_of(hub: Hub) -> tuple[int, int]:
    """How many steps and entries of the trail there are."""
    async with hub.db.reading() as tx:
        steps = await tx.scalar(select(func.count()).select_from(SessionChange)) or 0
        return steps, await tx.scalar(select(func.count()).select_from(AuditRow)) or 0


@pytest.mark.both_databases
async def test_a_step_that_was_just_taken_is_answered_and_changes_nothing(hub: Hub) -> None:
    session = (await hub.sessions.create(ORGANIZER, hub.form())).session.id
    steps = (Step.OPEN_LOBBY, Step.START, Step.END, Step.ARCHIVE)
    taken = [hub.sessions.schedule, *(partial(hub.sessions.move, step=step) for step in steps)]
    for step in taken:
        first = await step(SYSTEM, session)  # the clock, or another operator
        before = await rows_of(hub)
        hub.clock.advance(1)
        with hub.db.bus.subscribe(SessionChanged) as told:
            assert await step(ORGANIZER, session) == first
            assert told.drain() == []
        assert await rows_of(hub) == before
    gone = await hub.scheduled()
    await hub.sessions.cancel(ORGANIZER, gone, "Bão số 3")
    before = await rows_of(hub)
    await hub.sessions.cancel(SYSTEM, gone, "Lý do khác")
    assert await rows_of(hub) == before
    assert (await hub.sessions.get(ORGANIZER, gone)).changes[-1].reason == "Bão số 3"


async def test_two_operators_who_end_at_once_end_it_once(hub: Hub) -> None:
    session = await hub.live_now()
    ended = await asyncio.gather(*(hub.sessions.end(ORGANIZER, session) for _ in range(3)))
    assert {view.state for view in ended} == {SessionState.ENDED}
    states = [change.state for change in (await hub.sessions.get(ORGANIZER, session)).changes]
    assert states.count(SessionState.ENDED) == 1


async def test_an_opposite_wish_is_refused_with_who_did_what_when(hub: Hub) -> None:
    live = await hub.live_now()
    with pytest.raises(IsLive) as refused:
        await hub.sessions.open_lobby(ORGANIZER, live)
    started = (await hub.sessions.get(ORGANIZER, live)).changes[-1]
    local = started.at.astimezone(ZoneInfo("Asia/Ho_Chi_Minh"))
    assert str(refused.value).startswith(
        f"The session was begun by {ORGANIZER.name} at {local:%d/%m/%Y %H:%M:%S}."
    )
    assert (refused.value.code, refused.value.params["by"]) == ("session_wrong_state", ORGANIZER.name)
    await hub.sessions.end(SYSTEM, live)
    with pytest.raises(IsEnded) as over:
        await hub.sessions.start(ORGANIZER, live)
    assert over.value.params["by"] == SYSTEM.name
    with pytest.raises(Forbidden):
        await hub.sessions.end(VIEWER, live)
