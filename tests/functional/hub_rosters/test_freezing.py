"""Who is expected in a session, and that the list is written down once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from confhub.people.models import AttendeeRow
from confhub.rosters import store
from confhub.rosters.models import SessionRoster
from confhub.sessions.models import SessionEndpoint
from tests.plugins.rosters import COURSE, SESSION, House

pytestmark = pytest.mark.both_databases


async def frozen(house: House) -> dict[int, int]:
    """Freeze; gives person → room."""
    async with house.database.transaction() as tx:
        assert await store.freeze(tx, SESSION, house.clock.now())
    return {person: room for person, (room, _, _) in (await house.listed()).items()}


async def test_the_standing_lists_of_the_sessions_rooms_are_expected(house: House) -> None:
    here, there, elsewhere = await house.people(["An", "Bình", "Chi"])
    async with house.database.transaction() as tx:
        await store.fill(tx, [(here, 2), (there, 3), (elsewhere, 4)], house.clock.now())
    assert await frozen(house) == {here: 2, there: 3}


async def test_the_sessions_own_entry_goes_before_the_courses_and_that_before_the_standing_one(
    house: House,
) -> None:
    standing, course, session = await house.people(["An", "Bình", "Chi"])
    now = house.clock.now()
    async with house.database.transaction() as tx:
        await store.fill(tx, [(person, 1) for person in (standing, course, session)], now)
        await store.fill(tx, [(course, 2), (session, 2)], now, course_id=COURSE)
        await store.fill(tx, [(session, 3)], now, session_id=SESSION)
    assert await frozen(house) == {standing: 1, course: 2, session: 3}


async def test_an_entry_in_a_room_that_is_not_in_the_session_gives_way_to_the_wider_list(
    house: House,
) -> None:
    moved, gone = await house.people(["An", "Bình"])
    now = house.clock.now()
    async with house.database.transaction() as tx:
        await store.fill(tx, [(moved, 1), (gone, 2)], now)
        await store.fill(tx, [(moved, 4)], now, session_id=SESSION)
        await tx.execute(
            update(SessionEndpoint).where(SessionEndpoint.endpoint_id == 2).values(removed_at=now)
        )
    assert await frozen(house) == {moved: 1}


async def test_who_was_taken_off_the_sessions_list_is_not_expected_though_a_wider_list_says_so(
    house: House,
) -> None:
    off, on = await house.people(["An", "Bình"])
    now = house.clock.now()
    async with house.database.transaction() as tx:
        await store.fill(tx, [(off, 1), (on, 1)], now)
        await store.fill(tx, [(off, 1)], now, session_id=SESSION, excluded=True)
    assert await frozen(house) == {on: 1}


async def test_merged_people_are_expected_once_as_the_one_that_was_kept(house: House) -> None:
    kept, dropped, dropped_before = await house.people(["An", "An 2", "An 3"])
    now = house.clock.now()
    async with house.database.transaction() as tx:
        await store.fill(tx, [(dropped_before, 1), (dropped, 2), (kept, 3)], now)
        for row, into in ((dropped_before, dropped), (dropped, kept)):
            await tx.execute(update(AttendeeRow).where(AttendeeRow.id == row).values(merged_into_id=into))
    assert await frozen(house) == {kept: 3}


async def test_retired_and_erased_people_are_not_expected(house: House) -> None:
    retired = await house.person("An", retired_at=house.clock.now())
    erased = await house.person("", erased_at=house.clock.now())
    async with house.database.transaction() as tx:
        await store.fill(tx, [(retired, 1), (erased, 1)], house.clock.now())
    assert await frozen(house) == {}


async def test_what_would_be_frozen_is_what_is_frozen_and_a_second_freezing_changes_nothing(
    house: House,
) -> None:
    first, late = await house.people(["An", "Bình"])
    now = house.clock.now()
    async with house.database.transaction() as tx:
        await store.fill(tx, [(first, 2)], now)
        before = await store.session_people(tx, SESSION)
        assert await store.freeze(tx, SESSION, now + timedelta(hours=1))
        after = await store.session_people(tx, SESSION)
        await store.fill(tx, [(late, 2)], now)
        assert not await store.freeze(tx, SESSION, now + timedelta(hours=2))
        assert await store.session_people(tx, SESSION) == after
        row = await tx.get_one(SessionRoster, SESSION)
        assert (row.people, row.frozen_at) == (1, now + timedelta(hours=1))
    assert [line[:4] for line in before] == [line[:4] for line in after] == [(first, 2, 2, "roster")]


async def test_an_addition_leaves_who_is_there_and_brings_back_who_was_removed(house: House) -> None:
    there, guest = await house.people(["An", "Khách"])
    now = house.clock.now()
    async with house.database.transaction() as tx:
        await store.fill(tx, [(there, 2)], now)
        await store.freeze(tx, SESSION, now)
        await store.add_to_session(tx, SESSION, [(there, 3, 2), (guest, 3, 2)], "guest", now)
    assert await house.listed() == {there: (2, "roster", True), guest: (3, "guest", True)}
