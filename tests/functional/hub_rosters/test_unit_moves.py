"""All of one unit moved to another: looked at first, one transaction, both branches' rights, taken back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from confhub.access.rules import SYSTEM, Actor, Grant
from confhub.accounts.models import AccountRow, RoleGrantRow
from confhub.audit.models import AuditRow
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import AccountId, UnitId
from confhub.kernel.permissions import Role
from confhub.org.errors import UnitDissolved, UnitNotFound
from confhub.org.models import UnitRow
from confhub.people.models import AttendeeRow
from confhub.registry.models import EndpointRow
from confhub.rosters.errors import (
    ListRoomElsewhere,
    MoveToItself,
    NothingToMove,
    UnitMoveStale,
    UnitMoveUndone,
    UnitMoveUnknown,
)
from confhub.rosters.service import RosterService
from confhub.rosters.unit_moves import MoveWish, UnitMoveService
from confhub.sessions.models import MeetingSession, SessionChoice, SessionEndpoint
from confhub.training.store import title_and_path
from tests.plugins.rosters import SESSION, House, officer

pytestmark = pytest.mark.both_databases

FROM, TO = UnitId(3), UnitId(2)
"""Đoan Hùng (room 3, invited to the session) is dissolved into Hạ Hoà (room 2)."""
WISH = MoveWish(TO)
PATHS = {1: "/1/", 2: "/1/2/", 3: "/1/3/"}


def holding(role: Role, *units: int) -> Actor:
    """Somebody who holds a role in several branches."""
    grants = tuple(Grant(role, UnitId(unit), PATHS[unit]) for unit in units)
    return Actor(AccountId(1), "Cán bộ", "vi", grants)


@pytest.fixture
def moves(house: House) -> UnitMoveService:
    return UnitMoveService(house.database, house.clock)


async def fill(house: House) -> list[int]:
    """Two people on the list of room 3, one more who left; two accounts, one of them with roles in both."""
    people = await house.people(["Trần Đức", "Lê Thị Hoà"], FROM)
    await house.person("Vũ Bình", FROM, retired_at=house.clock.now())
    await RosterService(house.database, house.clock, title_and_path).add(SYSTEM, 3, people)
    async with house.database.transaction() as tx:
        for number, units in ((7, (FROM,)), (8, (FROM, TO))):
            tx.add(
                AccountRow(
                    id=number, username=f"u{number}", display_name=f"U {number}", password_hash="x",
                    language="vi", created_at=house.clock.now(), must_change=False, sort_key="u",
                    search_key="u",
                )
            )  # fmt: skip
            await tx.flush()
            tx.add_all(RoleGrantRow(account_id=number, role="operator", unit_id=unit) for unit in units)
        await tx.flush()
        tx.add(SessionChoice(session_id=SESSION, unit_id=FROM, mode="include"))
    return people


async def state(house: House) -> dict[str, Any]:
    """Whatever a move may touch."""
    async with house.database.reading() as tx:

        async def rows(*columns: Any) -> list[tuple[Any, ...]]:
            return sorted(tuple(row) for row in await tx.execute(select(*columns)))

        return {
            "rooms": await rows(EndpointRow.id, EndpointRow.unit_id),
            "people": await rows(AttendeeRow.id, AttendeeRow.unit_id),
            "roles": await rows(RoleGrantRow.account_id, RoleGrantRow.role, RoleGrantRow.unit_id),
            "sessions": await rows(SessionEndpoint.endpoint_id, SessionEndpoint.unit_id),
        }


async def lists(house: House, room: int) -> list[str]:
    found = await RosterService(house.database, house.clock, title_and_path).room(SYSTEM, room)
    return [row.name for row in found.rows]


async def test_all_of_a_unit_is_looked_at_moved_and_taken_back(house: House, moves: UnitMoveService) -> None:
    await fill(house)
    before = await state(house)
    plan = await moves.preview(SYSTEM, FROM, WISH)
    assert (plan.rooms, plan.people, plan.roles, plan.listed, plan.sessions) == (1, 2, 2, 2, 1)
    assert await state(house) == before  # a preview writes nothing
    done = await moves.move(SYSTEM, FROM, WISH, seen=plan.seen)
    after = await state(house)
    assert after["rooms"] == [(1, 1), (2, 2), (3, 2), (4, 4)]
    assert after["people"] == [(1, TO), (2, TO), (3, FROM)]  # who left stays in the past
    assert after["roles"] == [(7, "operator", TO), (8, "operator", TO)]
    assert after["sessions"] == [(1, 1), (2, 2), (3, 2)]  # the planned session follows the room
    assert await lists(house, 3) == ["Lê Thị Hoà", "Trần Đức"]
    with pytest.raises(NothingToMove):
        await moves.move(SYSTEM, FROM, WISH)
    assert [one.id for one in await moves.moves(SYSTEM, TO)] == [done.id]
    assert done.id is not None
    back = await moves.undo(SYSTEM, done.id)
    assert (back.rooms, back.people, back.roles) == (1, 2, 2)
    assert await state(house) == before
    with pytest.raises(UnitMoveUndone):
        await moves.undo(SYSTEM, done.id)
    async with house.database.reading() as tx:
        query = select(AuditRow.action, AuditRow.subject_id, AuditRow.path, AuditRow.details)
        rows = list(await tx.execute(query.where(AuditRow.action.like("org:unit:%")).order_by(AuditRow.id)))
    assert [(row[0], row[1], row[2]) for row in rows] == [
        ("org:unit:move", "3", "/1/3/"), ("org:unit:move", "2", "/1/2/"),
        ("org:unit:unmove", "3", "/1/3/"), ("org:unit:unmove", "2", "/1/2/"),
    ]  # fmt: skip
    told = {"from": "U3", "to_unit": "U2", "rooms": 1, "people": 2, "roles": 2, "lists": 0}
    assert all(row[3] == told for row in rows)


async def test_a_planned_session_goes_on_inviting_the_rooms_by_name(
    house: House, moves: UnitMoveService
) -> None:
    await fill(house)
    await moves.move(SYSTEM, FROM, WISH)
    async with house.database.reading() as tx:
        chosen = sorted(
            await tx.scalars(select(SessionChoice.endpoint_id).where(SessionChoice.unit_id.is_(None)))
        )
    assert chosen == [3]


async def test_a_session_whose_lobby_has_opened_keeps_the_units_of_its_day(
    house: House, moves: UnitMoveService
) -> None:
    await fill(house)
    async with house.database.transaction() as tx:
        await tx.execute(update(MeetingSession).values(state="ended"))
    before = (await state(house))["sessions"]
    assert (await moves.move(SYSTEM, FROM, WISH)).rooms == 1
    assert (await state(house))["sessions"] == before
    async with house.database.reading() as tx:
        assert list(await tx.scalars(select(SessionChoice.endpoint_id))) == [None]


async def test_taking_back_leaves_what_has_moved_on(house: House, moves: UnitMoveService) -> None:
    first, _ = await fill(house)
    own = await house.person("Người Hạ Hoà", TO)
    done = await moves.move(SYSTEM, FROM, WISH)
    async with house.database.transaction() as tx:
        await tx.execute(update(AttendeeRow).where(AttendeeRow.id == first).values(unit_id=1))
    assert done.id is not None
    assert (await moves.undo(SYSTEM, done.id)).people == 1
    assert dict((await state(house))["people"])[first] == 1
    assert dict((await state(house))["people"])[own] == TO


async def test_standing_lists_may_go_to_a_room_of_the_new_unit(house: House, moves: UnitMoveService) -> None:
    await fill(house)
    wish = MoveWish(TO, rooms=False, people=True, roles=False, lists_to=2)
    plan = await moves.preview(SYSTEM, FROM, wish)
    assert (plan.rooms, plan.people, plan.roles, plan.lists) == (0, 2, 0, 2)
    done = await moves.move(SYSTEM, FROM, wish)
    assert (await lists(house, 2), await lists(house, 3)) == (["Lê Thị Hoà", "Trần Đức"], [])
    assert done.id is not None
    assert (await moves.undo(SYSTEM, done.id)).lists == 2
    assert (await lists(house, 2), await lists(house, 3)) == ([], ["Lê Thị Hoà", "Trần Đức"])
    for room in (1, 3, 99):
        with pytest.raises(ListRoomElsewhere):
            await moves.preview(SYSTEM, FROM, MoveWish(TO, lists_to=room))


async def test_the_rights_are_asked_at_both_units(house: House, moves: UnitMoveService) -> None:
    await fill(house)
    for unit in (FROM, TO):
        with pytest.raises(UnitNotFound):
            await moves.move(officer(PATHS[unit], unit, Role.ADMINISTRATOR), FROM, WISH)
    for role in (Role.TRAINING_OFFICER, Role.ORGANIZER, Role.OPERATOR, Role.VIEWER):
        with pytest.raises(Forbidden):
            await moves.move(holding(role, 1), FROM, WISH)
    mixed = Actor(
        AccountId(1), "Cán bộ", "vi",
        (Grant(Role.ADMINISTRATOR, FROM, "/1/3/"), Grant(Role.TRAINING_OFFICER, TO, "/1/2/")),
    )  # fmt: skip
    with pytest.raises(Forbidden):
        await moves.preview(mixed, FROM, WISH)
    people_alone = MoveWish(TO, rooms=False, roles=False)
    assert (await moves.preview(holding(Role.TRAINING_OFFICER, 2, 3), FROM, people_alone)).people == 2
    both = holding(Role.ADMINISTRATOR, 2, 3)
    done = await moves.move(both, FROM, WISH)
    assert done.id is not None
    one = officer("/1/2/", 2, Role.ADMINISTRATOR)
    assert await moves.moves(one, TO) == []
    with pytest.raises(UnitMoveUnknown):
        await moves.undo(one, done.id)
    with pytest.raises(Forbidden):
        await moves.undo(holding(Role.OPERATOR, 1), done.id)
    await moves.undo(both, done.id)


async def test_nothing_is_moved_to_a_dissolved_unit_and_all_may_leave_one(
    house: House, moves: UnitMoveService
) -> None:
    await fill(house)

    async def end(unit: int) -> None:
        async with house.database.transaction() as tx:
            await tx.execute(update(UnitRow).where(UnitRow.id == unit).values(valid_to=date(2025, 6, 30)))

    await end(FROM)
    done = await moves.move(SYSTEM, FROM, WISH)
    assert done.id is not None
    with pytest.raises(UnitDissolved):  # back to it only after it was opened again
        await moves.undo(SYSTEM, done.id)
    await end(TO)
    with pytest.raises(UnitDissolved) as refused:
        await moves.preview(SYSTEM, UnitId(1), WISH)
    assert refused.value.field == "to_unit_id"
    with pytest.raises(MoveToItself):
        await moves.preview(SYSTEM, TO, WISH)


async def test_what_changed_since_the_preview_is_looked_at_again(
    house: House, moves: UnitMoveService
) -> None:
    await fill(house)
    plan = await moves.preview(SYSTEM, FROM, WISH)
    await house.person("Người Mới", FROM)
    with pytest.raises(UnitMoveStale):
        await moves.move(SYSTEM, FROM, WISH, seen=plan.seen)
