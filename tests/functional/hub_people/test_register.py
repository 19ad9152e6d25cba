"""The register of people: who may read and change whom, and how people are found."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from confhub.audit.models import AuditRow
from confhub.kernel.errors import Forbidden
from confhub.kernel.permissions import Role
from confhub.org.errors import UnitNotFound
from confhub.people import store
from confhub.people.errors import (
    BirthDateInvalid,
    NobodyChosen,
    PersonCodeTaken,
    PersonDuplicate,
    PersonNotFound,
)
from confhub.people.models import AttendeeRow
from confhub.people.values import PersonDraft, RegisterState
from tests.plugins.people import ADMIN, COMMUNE, LEFT, RIGHT, TOP, Register, officer

pytestmark = pytest.mark.both_databases


async def names_of(register: Register, **filters: object) -> list[str]:
    found = await register.people.people(ADMIN, **filters)  # type: ignore[arg-type]
    return [person.name for person in found.rows]


async def test_people_stand_in_vietnamese_order_page_by_page(register: Register) -> None:
    for name in ("Đinh Văn Tư", "Dương Thị Ba", "Ấu Thị Hai", "An Văn Một", "Ăn Thị Năm"):
        await register.add(name)
    assert await names_of(register) == [
        "Dương Thị Ba", "Ấu Thị Hai", "An Văn Một", "Ăn Thị Năm", "Đinh Văn Tư",
    ]  # fmt: skip
    second = await register.people.people(ADMIN, page=2, size=2)
    assert ([person.name for person in second.rows], second.total) == (["An Văn Một", "Ăn Thị Năm"], 5)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("hoa", ["Nguyễn Văn An", "Đỗ Thị Hòa"]),  # a name, and the unit Hạ Hoà
        ("nguyen an", ["Nguyễn Văn An"]),
        ("AN NGUYỄN", ["Nguyễn Văn An"]),
        ("cb-07", ["Đỗ Thị Hòa"]),
        ("bí thư", ["Đỗ Thị Hòa"]),
        ("đoan hùng thị", ["Đỗ Thị Hòa"]),
        ("50%", []),
        ("_", []),
    ],
)
async def test_a_search_finds_every_word_somewhere_without_diacritics(
    register: Register, words: str, found: list[str]
) -> None:
    await register.add("Nguyễn Văn An")
    await register.add("Đỗ Thị Hòa", RIGHT, code="CB-07", position="Bí thư chi bộ")
    assert await names_of(register, search=words) == found


async def test_a_branch_shows_its_own_people_and_those_below(register: Register) -> None:
    for name, unit in (("An", TOP), ("Ba", LEFT), ("Chi", RIGHT), ("Dung", COMMUNE)):
        await register.add(name, unit)
    assert await names_of(register, unit_id=LEFT) == ["Ba", "Dung"]
    seen = await register.people.people(officer(LEFT))
    assert [person.name for person in seen.rows] == ["Ba", "Dung"]
    with pytest.raises(UnitNotFound):
        await register.people.people(officer(LEFT), unit_id=RIGHT)


async def test_nobody_reads_or_changes_people_outside_their_branch(register: Register) -> None:
    inside, outside = await register.add("An"), await register.add("Ba", RIGHT)
    who, viewer = officer(LEFT), officer(LEFT, Role.VIEWER)
    draft = PersonDraft("An Văn", LEFT)
    assert (await register.people.update(who, inside.id, draft)).name == "An Văn"
    for call in (
        lambda: register.people.person(who, outside.id),
        lambda: register.people.update(who, outside.id, draft),
        lambda: register.people.retire(who, outside.id),
        lambda: register.people.redraw_badge(who, outside.id),
        lambda: register.people.person(viewer, inside.id),
    ):
        with pytest.raises(PersonNotFound):
            await call()
    with pytest.raises(Forbidden):
        await register.people.update(officer(LEFT, Role.OPERATOR), inside.id, draft)
    with pytest.raises(UnitNotFound):
        await register.people.add(who, PersonDraft("Chi", RIGHT))


async def test_moving_a_person_needs_the_right_at_both_units(register: Register) -> None:
    person = await register.add("An", COMMUNE)
    with pytest.raises(UnitNotFound):
        await register.people.update(officer(COMMUNE), person.id, PersonDraft("An", LEFT))
    moved = await register.people.update(officer(LEFT), person.id, PersonDraft("An", LEFT))
    assert (moved.unit_id, moved.unit_name) == (LEFT, "Huyện Hạ Hoà")


async def test_a_code_is_one_persons(register: Register) -> None:
    await register.add("An", code="CB1")
    with pytest.raises(PersonCodeTaken) as caught:
        await register.add("Ba", RIGHT, code="CB1")
    assert (caught.value.code, caught.value.field) == ("person_code_taken", "code")
    other = await register.add("Ba", RIGHT)
    with pytest.raises(PersonCodeTaken):
        await register.people.update(ADMIN, other.id, PersonDraft("Ba", RIGHT, code="CB1"))


async def test_a_namesake_whose_birth_date_tells_nothing_is_asked_about(register: Register) -> None:
    first = await register.add("Nguyễn Văn An", birth_date=date(1980, 5, 1))
    with pytest.raises(PersonDuplicate) as caught:
        await register.add("nguyễn văn  AN")
    assert caught.value.params["other_id"] == first.id
    with pytest.raises(PersonDuplicate):
        await register.add("Nguyễn Văn An", birth_date=date(1980, 5, 1))
    await register.add("Nguyễn Văn An", birth_date=date(1981, 5, 1))
    await register.add("Nguyễn Văn An", RIGHT)
    await register.add("Nguyễn Văn An", twin=True, birth_date=date(1980, 5, 1))
    assert (await register.merges.suggestions(ADMIN)).total == 0, "who said two people is not asked again"


async def test_a_birth_date_in_the_future_is_refused_at_the_hubs_clock(register: Register) -> None:
    with pytest.raises(BirthDateInvalid):
        await register.add("An", birth_date=date(2026, 3, 3))


async def test_a_lost_badge_works_no_more_and_the_new_one_does(register: Register) -> None:
    before = await register.add("An")
    after = await register.people.redraw_badge(officer(LEFT), before.id)
    async with register.database.reading() as tx:
        assert await store.by_badge(tx, before.badge) is None
        assert await store.by_badge(tx, after.badge.lower()) == before.id


async def test_badges_are_printed_for_a_branch_or_for_those_chosen(register: Register) -> None:
    an, ba = await register.add("An"), await register.add("Ba", COMMUNE)
    await register.add("Chi", RIGHT)
    gone = await register.add("Dung")
    await register.people.retire(ADMIN, gone.id)
    who = officer(LEFT)
    assert [p.id for p in await register.people.for_badges(who, unit_id=LEFT)] == [an.id, ba.id]
    assert [p.id for p in await register.people.for_badges(who, chosen=(ba.id, 10**9))] == [ba.id]
    for call in (
        lambda: register.people.for_badges(who),
        lambda: register.people.for_badges(officer(RIGHT), chosen=(ba.id,)),
    ):
        with pytest.raises(NobodyChosen):
            await call()
    with pytest.raises(Forbidden):
        await register.people.for_badges(officer(LEFT, Role.OPERATOR), unit_id=LEFT)


async def test_a_retired_person_stands_in_a_list_of_their_own(register: Register) -> None:
    person = await register.add("An")
    await register.people.retire(ADMIN, person.id)
    await register.people.retire(ADMIN, person.id)
    assert await names_of(register) == []
    assert await names_of(register, state=RegisterState.RETIRED) == ["An"]
    await register.people.restore(ADMIN, person.id)
    assert await names_of(register) == ["An"]


async def test_the_audit_trail_names_the_fields_and_never_what_stood_in_them(register: Register) -> None:
    person = await register.add("Nguyễn Văn An", phone="0912 345 678")
    await register.people.update(ADMIN, person.id, PersonDraft("Nguyễn Văn Ân", RIGHT, phone="0912 345 679"))
    async with register.database.reading() as tx:
        rows = list(await tx.scalars(select(AuditRow).order_by(AuditRow.id)))
    assert [row.action for row in rows] == ["people:person:add", "people:person:change"]
    assert rows[1].details == {"fields": ["name", "unit_id", "phone"], "unit": [LEFT, RIGHT]}
    assert not any("Nguyễn" in str(row.details) or "0912" in str(row.details) for row in rows)


async def test_a_formula_is_kept_as_the_text_it_is(register: Register) -> None:
    person = await register.add('=HYPERLINK("http://evil","x")')
    assert (await register.people.person(ADMIN, person.id)).name == '=HYPERLINK("http://evil","x")'


async def test_thousands_are_inserted_in_their_order(register: Register) -> None:
    drafts = [PersonDraft(f"Người {number}", LEFT, code=f"C{number}") for number in range(3_000)]
    async with register.database.transaction() as tx:
        ids = await store.insert_many(tx, drafts, register.clock.now())
    async with register.database.reading() as tx:
        found = await store.names(tx, [*ids, 10**9])
        rows = await tx.execute(select(AttendeeRow.badge, AttendeeRow.id))
        badges = {row[0]: row[1] for row in rows}
        assert await store.by_badges(tx, badges) == badges
    assert [found[one].code for one in ids] == [draft.code for draft in drafts]
    assert len(found) == 3_000


async def test_a_search_among_given_people_finds_no_others(register: Register) -> None:
    an, _ = await register.add("Nguyễn Văn An"), await register.add("Nguyễn Thị Ba")
    among = select(AttendeeRow.id).where(AttendeeRow.id == an.id)
    async with register.database.reading() as tx:
        assert [one.id for one in await store.search(tx, among, "nguyen", 8)] == [an.id]
        assert await store.search(tx, among, "ba", 8) == []


async def test_changing_nothing_writes_nothing(register: Register) -> None:
    person = await register.add("An")
    assert await register.people.update(ADMIN, person.id, PersonDraft("An", LEFT)) == replace(person)
    async with register.database.reading() as tx:
        assert len(list(await tx.scalars(select(AuditRow)))) == 1
