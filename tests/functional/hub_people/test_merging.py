"""Merging two entries, and taking them apart again."""

from __future__ import annotations

from datetime import date

import pytest

from confhub.kernel.errors import Forbidden
from confhub.kernel.permissions import Role
from confhub.people import store
from confhub.people.errors import (
    MergeNotFound,
    MergeSelf,
    MergeTooLate,
    MergeUndone,
    PersonErased,
    PersonMerged,
    PersonNotFound,
)
from confhub.people.values import PersonDraft
from tests.functional.merged import standing_merge
from tests.plugins.people import ADMIN, COMMUNE, LEFT, RIGHT, Register, officer

pytestmark = pytest.mark.both_databases


async def test_a_merge_fills_what_was_empty_and_leads_readers_to_the_kept_one(register: Register) -> None:
    kept = await register.add("Nguyễn Văn An", position="Bí thư")
    dropped = await register.add(
        "Nguyễn Văn An",
        COMMUNE,
        code="CB-1",
        position="Chủ tịch",
        birth_date=date(1980, 5, 1),
        phone="0912345678",
    )
    preview = await register.merges.preview(ADMIN, kept.id, dropped.id)
    assert {one.name for one in preview.fields if one.filled} == {"code", "birth_date", "phone"}
    merged = await register.merges.merge(officer(LEFT), kept.id, dropped.id)
    assert (merged.code, merged.position, merged.birth_date) == ("CB-1", "Bí thư", date(1980, 5, 1))
    async with register.database.reading() as tx:
        assert await store.resolve(tx, [dropped.id, kept.id]) == {dropped.id: kept.id, kept.id: kept.id}
        names = await store.names(tx, [dropped.id])
        assert (names[dropped.id].id, names[dropped.id].code) == (kept.id, "CB-1")
        assert await store.by_badge(tx, dropped.badge) == kept.id, "both badges work"
    assert [one.id for one in (await register.people.people(ADMIN)).rows] == [kept.id]
    with pytest.raises(PersonMerged):
        await register.people.update(ADMIN, dropped.id, PersonDraft("X", LEFT))


async def test_an_undone_merge_leaves_both_as_they_were(register: Register) -> None:
    kept = await register.add("Nguyễn Văn An")
    dropped = await register.add("Nguyễn Văn An", COMMUNE, code="CB-1", phone="0912345678")
    await register.merges.merge(ADMIN, kept.id, dropped.id)
    (merge,) = await register.merges.merges(ADMIN, kept.id)
    await register.merges.undo(officer(LEFT), merge.id)
    first = await register.people.person(ADMIN, kept.id)
    second = await register.people.person(ADMIN, dropped.id)
    assert (first, second) == (kept, dropped)
    with pytest.raises(MergeUndone):
        await register.merges.undo(ADMIN, merge.id)
    assert [one.undone_at is None for one in await register.merges.merges(ADMIN, kept.id)] == [False]


async def test_what_was_changed_by_hand_since_stays_when_a_merge_is_undone(register: Register) -> None:
    kept, dropped = await register.add("An"), await register.add("Ba", code="CB-1", phone="0912345678")
    await register.merges.merge(ADMIN, kept.id, dropped.id)
    await register.people.update(ADMIN, kept.id, PersonDraft("An", LEFT, "CB-2", phone="0987654321"))
    await register.merges.undo(ADMIN, (await standing_merge(register.merges, ADMIN, kept.id, dropped.id)).id)
    assert (await register.people.person(ADMIN, kept.id)).phone == "0987654321"
    assert (await register.people.person(ADMIN, kept.id)).code == "CB-2"


async def test_a_chain_of_merges_leads_to_its_end_in_one_step_and_is_undone_from_there(
    register: Register,
) -> None:
    first, second, third = [await register.add(name) for name in ("An", "Ba", "Chi")]
    await register.merges.merge(ADMIN, second.id, first.id)
    await register.merges.merge(ADMIN, third.id, second.id)
    async with register.database.reading() as tx:
        assert await store.resolve(tx, [first.id]) == {first.id: third.id}
    early = (await register.merges.merges(ADMIN, second.id))[0]
    with pytest.raises(MergeTooLate):
        await register.merges.undo(ADMIN, early.id)
    await register.merges.undo(ADMIN, (await standing_merge(register.merges, ADMIN, third.id, second.id)).id)
    await register.merges.undo(ADMIN, early.id)
    assert (await register.people.people(ADMIN)).total == 3


async def test_a_merge_needs_the_right_at_both_units_and_two_living_entries(register: Register) -> None:
    inside, outside = await register.add("An"), await register.add("Ba", RIGHT)
    twin = await register.add("An", twin=True)
    with pytest.raises(PersonNotFound):
        await register.merges.merge(officer(LEFT), inside.id, outside.id)
    with pytest.raises(PersonNotFound):
        await register.merges.are_two(officer(LEFT), inside.id, outside.id)
    with pytest.raises(Forbidden):
        await register.merges.merge(officer(LEFT, Role.OPERATOR), inside.id, twin.id)
    with pytest.raises(MergeSelf):
        await register.merges.merge(ADMIN, inside.id, inside.id)
    await register.merges.merge(ADMIN, inside.id, twin.id)
    merge = await standing_merge(register.merges, ADMIN, inside.id, twin.id)
    with pytest.raises(MergeNotFound):
        await register.merges.undo(officer(RIGHT), merge.id)
    await register.privacy.erase(ADMIN, inside.id, "theo yêu cầu", typed_name="An")
    with pytest.raises(MergeTooLate):
        await register.merges.undo(ADMIN, merge.id)
    with pytest.raises(PersonErased):
        await register.merges.merge(ADMIN, outside.id, inside.id)


async def test_pairs_are_suggested_in_the_asker_branch_until_somebody_says_two(register: Register) -> None:
    an = await register.add("Nguyễn Văn An", birth_date=date(1980, 5, 1))
    same = await register.add("nguyễn văn an", twin=False, birth_date=date(1981, 5, 1))
    await register.people.update(
        ADMIN, same.id, PersonDraft("nguyễn văn an", LEFT, birth_date=date(1980, 5, 1))
    )
    (pair,) = (await register.merges.suggestions(officer(LEFT))).rows
    assert ({pair.first.id, pair.second.id}, pair.certain) == ({an.id, same.id}, True)
    assert (await register.merges.suggestions(officer(RIGHT))).total == 0
    await register.merges.are_two(officer(LEFT), same.id, an.id)
    await register.merges.are_two(officer(LEFT), an.id, same.id)
    assert (await register.merges.suggestions(ADMIN)).total == 0
