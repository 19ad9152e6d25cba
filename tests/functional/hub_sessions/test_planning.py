"""Planning: rooms by branch with exceptions, forms with faults, editing, copying."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from confhub.kernel.errors import Forbidden, ValidationErrors
from confhub.kernel.ids import EndpointId, UnitId
from confhub.org.models import UnitRow
from confhub.registry.models import EndpointRow
from confhub.sessions.errors import ReasonTooLong, SessionUnknown, WrongState
from confhub.sessions.models import SessionEndpoint
from confhub.sessions.values import Participants, SessionKind, SessionState
from tests.plugins.sessions import (
    CHAIR,
    DISTRICT_ORGANIZER,
    ORGANIZER,
    OTHER_ORGANIZER,
    VIEWER,
    Hub,
)

pytestmark = pytest.mark.both_databases


def branch(*units: int, without: tuple[int, ...] = (), besides: tuple[int, ...] = ()) -> Participants:
    return Participants(
        tuple(map(UnitId, units)), tuple(map(EndpointId, without)), tuple(map(EndpointId, besides))
    )


async def codes(hub: Hub, session: int) -> set[str]:
    return {row.code for row in (await hub.live.snapshot(ORGANIZER, session)).rows}  # type: ignore[arg-type]


async def fields(hub: Hub, **changed: object) -> dict[str | None, str]:
    with pytest.raises(ValidationErrors) as refused:
        await hub.sessions.create(ORGANIZER, hub.form(**changed))
    return {error.field: error.code for error in refused.value.errors}


async def test_a_branch_brings_its_rooms_without_the_exceptions_and_with_the_additions(hub: Hub) -> None:
    session = await hub.scheduled(participants=branch(2, without=(5,), besides=(4,)))
    assert await codes(hub, session) == {"TQ", "H1", "H2"}


async def test_studios_come_by_name_only(hub: Hub) -> None:
    session = await hub.scheduled(chair_endpoint_id=EndpointId(2), participants=branch(1))
    assert await codes(hub, session) == {"P0", "H1", "H2", "X1"}


async def test_every_wrong_field_is_named_at_once(hub: Hub) -> None:
    wrong = await fields(
        hub,
        title=" ",
        kind="party",
        starts_at=hub.clock.now() - timedelta(days=1),
        length_min=0,
        lobby_min=-1,
        unit_id=UnitId(99),
        chair_endpoint_id=EndpointId(99),
        participants=branch(98),
    )
    assert wrong == {
        "title": "title_missing",
        "kind": "kind_unknown",
        "starts_at": "start_in_past",
        "length_min": "length_out_of_range",
        "lobby_min": "minutes_out_of_range",
        "unit_id": "unit_unknown",
        "chair_endpoint_id": "endpoint_unknown",
        "include_units": "unit_unknown",
    }


@pytest.mark.parametrize("title", ["a" * 201, "dòng\nhai", "\ud800"])
async def test_a_title_that_cannot_be_shown_is_refused(hub: Hub, title: str) -> None:
    assert "title" in await fields(hub, title=title)


async def test_a_retired_chair_is_refused_by_name(hub: Hub) -> None:
    async with hub.db.transaction() as tx:
        (await tx.get_one(EndpointRow, CHAIR)).retired_at = hub.clock.now()
    assert await fields(hub) == {"chair_endpoint_id": "endpoint_retired"}


@pytest.mark.parametrize(("valid_from", "valid_to"), [(date(2027, 1, 1), None), (None, date(2025, 12, 31))])
async def test_a_unit_not_valid_on_the_day_is_refused(
    hub: Hub, valid_from: date | None, valid_to: date | None
) -> None:
    async with hub.db.transaction() as tx:
        unit = await tx.get_one(UnitRow, 3)
        unit.valid_from, unit.valid_to = valid_from, valid_to
    assert await fields(hub, participants=branch(3)) == {"include_units": "unit_not_valid"}
    session = await hub.scheduled(participants=branch(1))
    assert "H2" not in await codes(hub, session)


async def test_a_session_is_not_scheduled_without_chair_and_rooms(hub: Hub) -> None:
    draft = await hub.sessions.create(
        ORGANIZER, hub.form(chair_endpoint_id=None, participants=Participants())
    )
    with pytest.raises(ValidationErrors) as refused:
        await hub.sessions.schedule(ORGANIZER, draft.session.id)
    assert {error.code for error in refused.value.errors} == {"chair_missing", "nobody_chosen"}
    assert (await hub.sessions.get(ORGANIZER, draft.session.id)).session.state is SessionState.DRAFT


async def test_an_organizer_chooses_inside_the_own_branch_only(hub: Hub) -> None:
    inside = hub.form(
        unit_id=UnitId(2), chair_endpoint_id=EndpointId(3), participants=branch(4, besides=(3,))
    )
    assert (await hub.sessions.create(DISTRICT_ORGANIZER, inside)).session.endpoints == 2
    with pytest.raises(ValidationErrors) as refused:
        await hub.sessions.create(OTHER_ORGANIZER, inside)
    assert {error.field for error in refused.value.errors} == {
        "unit_id",
        "include_units",
        "include_endpoints",
        "chair_endpoint_id",
    }
    with pytest.raises(Forbidden):
        await hub.sessions.create(VIEWER, inside)


async def test_a_session_is_changed_in_its_own_branch_only(hub: Hub) -> None:
    session = await hub.scheduled(participants=branch(2))
    with pytest.raises(Forbidden):
        await hub.sessions.update(DISTRICT_ORGANIZER, session, hub.form())
    with pytest.raises(SessionUnknown):
        await hub.sessions.cancel(OTHER_ORGANIZER, session)
    assert [s.id for s in (await hub.sessions.list(DISTRICT_ORGANIZER)).sessions] == [session]
    assert (await hub.sessions.list(OTHER_ORGANIZER)).total == 0


async def test_a_change_before_live_forgets_the_rooms_that_go(hub: Hub) -> None:
    session = await hub.scheduled()
    await hub.sessions.update(ORGANIZER, session, hub.form(participants=branch(2)))
    assert await codes(hub, session) == {"TQ", "H1", "X1"}


async def test_rooms_added_and_dropped_while_live_are_expected_from_and_until_then(hub: Hub) -> None:
    session = await hub.live_now(participants=branch(2))
    hub.clock.advance(600)
    added_at = hub.clock.now()
    await hub.expect(session, 4)
    hub.clock.advance(600)
    await hub.drop(session, 5)
    async with hub.db.reading() as tx:
        added = await tx.get_one(SessionEndpoint, (session, 4))
        dropped = await tx.get_one(SessionEndpoint, (session, 5))
        stays = await tx.get_one(SessionEndpoint, (session, 3))
    assert (added.expected_from, added.expected_until) == (added_at, None)
    assert (dropped.expected_from, dropped.expected_until) == (None, hub.clock.now())
    assert (stays.expected_from, stays.expected_until) == (None, None)
    assert (await hub.states(session)) == {"TQ": "called", "H1": "called", "X1": "dropped", "H2": "called"}


async def test_start_unit_and_chair_are_fixed_while_live(hub: Hub) -> None:
    session = await hub.live_now()
    form = await hub.sessions.form(ORGANIZER, session)
    changed = hub.form(
        starts_at=form.starts_at + timedelta(minutes=5),
        unit_id=UnitId(2),
        chair_endpoint_id=EndpointId(3),
    )
    with pytest.raises(ValidationErrors) as refused:
        await hub.sessions.update(ORGANIZER, session, changed)
    assert {error.code for error in refused.value.errors} == {"session_fixed_while_live"}


async def test_an_ended_session_is_not_changed(hub: Hub) -> None:
    session = await hub.live_now()
    await hub.sessions.end(ORGANIZER, session)
    with pytest.raises(WrongState):
        await hub.sessions.update(ORGANIZER, session, hub.form())


async def test_sessions_are_found_without_diacritics_and_by_state(hub: Hub) -> None:
    found = await hub.scheduled(title="Hội nghị Đoan Hùng")
    await hub.sessions.create(ORGANIZER, hub.form(title="Khác"))
    page = await hub.sessions.list(ORGANIZER, text="hoi nghi doan")
    assert [view.id for view in page.sessions] == [found]
    page = await hub.sessions.list(ORGANIZER, states=[SessionState.SCHEDULED])
    assert (page.total, page.sessions[0].id) == (1, found)


async def test_sessions_are_found_by_kind_and_branch(hub: Hub) -> None:
    found = await hub.scheduled()
    view = (await hub.sessions.get(ORGANIZER, found)).session
    other = next(kind for kind in SessionKind if kind is not view.kind)
    assert (await hub.sessions.list(ORGANIZER, kind=view.kind, unit_id=view.unit_id)).total == 1
    assert (await hub.sessions.list(ORGANIZER, kind=other)).total == 0
    assert (await hub.sessions.list(ORGANIZER, unit_id=UnitId(99))).total == 0


async def test_the_reason_of_a_cancellation_stays_in_the_history(hub: Hub) -> None:
    session = await hub.scheduled()
    with pytest.raises(ReasonTooLong):
        await hub.sessions.cancel(ORGANIZER, session, "x" * 201)
    await hub.sessions.cancel(ORGANIZER, session, "  Bão số 5 ")
    assert (await hub.sessions.get(ORGANIZER, session)).changes[-1].reason == "Bão số 5"


@pytest.mark.both_databases
async def test_pages_by_cursor_give_each_session_once_whatever_is_planned_meanwhile(hub: Hub) -> None:
    start = hub.clock.now() + timedelta(days=1)
    same = [await hub.scheduled(title=f"Cùng giờ {n}", starts_at=start) for n in range(3)]
    later = await hub.scheduled(title="Sau", starts_at=start + timedelta(hours=2))
    for newest_first in (True, False):
        wanted = [later, *reversed(same)] if newest_first else [*same, later]
        seen, after = [], None
        while True:
            page = await hub.sessions.list(ORGANIZER, limit=2, after=after, newest_first=newest_first)
            seen += [one.id for one in page.sessions if one.id in wanted]
            if (after := page.after) is None:
                break
            beyond = timedelta(hours=9 if newest_first else -9)
            await hub.sessions.create(ORGANIZER, hub.form(starts_at=start + beyond))
        assert seen == wanted
