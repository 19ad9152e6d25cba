"""Who was shown whom: lists as well as records, and which fields."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from confhub.kernel.permissions import Role
from confhub.people.looks import LookBook, unpacked
from confhub.people.models import PersonLook, SeenPeople
from confhub.people.values import PersonDraft, Retention
from tests.plugins.people import ADMIN, LEFT, RIGHT, Register, officer

pytestmark = [pytest.mark.usefixtures("register"), pytest.mark.both_databases]

CONTACT = {"phone": "0912 345 678", "email": "an@phutho.example.vn", "birth_date": date(1980, 5, 2)}


async def rows(register: Register) -> list[PersonLook]:
    async with register.database.reading() as tx:
        return list(await tx.scalars(select(PersonLook).order_by(PersonLook.id)))


async def test_a_list_is_one_line_of_the_log_and_of_each_person_on_it(register: Register) -> None:
    people = [await register.add(f"Nguyễn Văn {n}", LEFT) for n in ("An", "Bình", "Chi")]
    elsewhere = await register.add("Lê Thị Dung", RIGHT)
    reader = officer(LEFT)
    found = await register.people.people(reader, search="nguyen van", unit_id=LEFT)
    assert found.total == 3
    (look,) = await rows(register)
    assert (look.what, look.detail, look.actor_name, look.attendee_id) == (
        "list", "unit 2", "Cán bộ 2", None,
    ), "the words that were searched are names, and stand nowhere"  # fmt: skip
    async with register.database.reading() as tx:
        seen = (await tx.scalars(select(SeenPeople))).one()
    assert list(unpacked(seen.ids)) == sorted(one.id for one in people)
    for one in people:
        told = await register.privacy.looks(ADMIN, one.id)
        assert [(line.what, line.actor_name, line.people) for line in told] == [("list", "Cán bộ 2", 3)]
    assert await register.privacy.looks(ADMIN, elsewhere.id) == []


async def test_the_same_list_again_is_the_same_look_for_ten_minutes(register: Register) -> None:
    for name in ("An", "Bình"):
        await register.add(f"Nguyễn Văn {name}", LEFT)
    for _ in range(3):
        await register.people.people(officer(LEFT))
    assert len(await rows(register)) == 1
    await register.people.people(officer(LEFT, Role.OPERATOR))  # the same account: the same reader
    assert len(await rows(register)) == 1
    await register.people.people(ADMIN)
    register.clock.advance(601)
    await register.people.people(officer(LEFT))
    assert [row.actor_name for row in await rows(register)] == ["Cán bộ 2", "Quản trị", "Cán bộ 2"]
    async with register.database.reading() as tx:
        assert await tx.scalar(select(func.count()).select_from(SeenPeople)) == 1, "one set for all of them"


async def test_who_comes_to_a_rooms_list_is_a_look_and_the_list_is_not_told_again(register: Register) -> None:
    people = [(await register.add(f"Nguyễn Văn {name}", LEFT)).id for name in ("An", "Bình", "Chi", "Dung")]
    book, tablet = LookBook(register.database, register.clock), officer(LEFT)
    for shown in (people[:2], people[:2], people[:3], people[1:3], people):
        await book.told_more(tablet, "tablet", shown, detail="room 1; session 1")
    assert [row.attendee_id for row in await rows(register)] == [None, people[2], people[3]]
    for person in people:
        assert len(await register.privacy.looks(ADMIN, person)) == 1
    await book.told_more(tablet, "tablet", people, detail="room 2; session 1")
    register.clock.advance(601)
    await book.told_more(tablet, "tablet", people, detail="room 1; session 1")
    assert [len(await register.privacy.looks(ADMIN, person)) for person in people] == [3, 3, 3, 3]


async def test_nobody_found_is_no_look(register: Register) -> None:
    await register.people.people(officer(LEFT), search="Nguyễn Văn Không")
    assert await rows(register) == []


async def test_contact_is_shown_to_those_who_keep_the_record(register: Register) -> None:
    person = await register.add("Nguyễn Văn An", LEFT, position="Chuyên viên", code="CB-1", **CONTACT)
    for role in (Role.OPERATOR, Role.ORGANIZER):
        reader = officer(LEFT, role)
        for shown in (
            (await register.people.people(reader)).rows[0],
            await register.people.person(reader, person.id),
        ):
            assert (shown.name, shown.position, shown.code) == ("Nguyễn Văn An", "Chuyên viên", "CB-1")
            assert (shown.phone, shown.email, shown.birth_date, shown.badge) == (None, None, None, "")
            assert shown.withheld == ("phone", "email", "birth_date")
    for reader in (ADMIN, officer(LEFT)):
        shown = await register.people.person(reader, person.id)
        assert {name: getattr(shown, name) for name in CONTACT} == CONTACT
        assert (shown.badge, shown.withheld) == (person.badge, ())


async def test_possible_duplicates_and_merges_are_looks(register: Register) -> None:
    one = await register.add("Nguyễn Văn An", LEFT, birth_date=date(1980, 5, 2))
    two = await register.add("Nguyễn Văn Anh", LEFT)
    await register.people.update(ADMIN, two.id, PersonDraft("NGUYỄN văn An", LEFT))
    assert (await register.merges.suggestions(officer(LEFT))).total == 1
    assert [line.what for line in await register.privacy.looks(ADMIN, two.id)] == ["duplicates"]
    await register.merges.merge(ADMIN, one.id, two.id)
    await register.merges.merges(officer(LEFT), one.id)
    told = [line.what for line in await register.privacy.looks(ADMIN, one.id)]
    assert told == ["merge", "duplicates"], "the merged entry's looks as well"


async def test_a_person_on_a_thousand_lists_is_found_on_the_newest(register: Register) -> None:
    people = [await register.add(f"Nguyễn Văn {n}", LEFT) for n in range(4)]
    for size in (2, 3, 4):
        await register.people.people(officer(LEFT), size=size)
    told = await register.privacy.looks(ADMIN, people[0].id)
    assert [line.people for line in told] == [4, 3, 2]
    assert [line.people for line in await register.privacy.looks(ADMIN, people[3].id)] == [4]


async def test_looks_that_go_take_their_sets_with_them(register: Register) -> None:
    for name in ("An", "Bình"):
        await register.add(f"Nguyễn Văn {name}", LEFT)
    await register.people.people(officer(LEFT))
    await register.retention.set_limits(ADMIN, Retention(looks_months=1))
    register.clock.advance(40 * 86_400)
    assert (await register.retention.run(ADMIN)).looks == 1
    async with register.database.reading() as tx:
        assert await tx.scalar(select(func.count()).select_from(SeenPeople)) == 0
