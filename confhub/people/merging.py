"""Use cases of duplicates: pairs that may be one person, merging them, undoing a merge."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, select, update
from sqlalchemy.orm import aliased

from confhub.access.rules import Actor, below, branch_filter, require
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.ids import AttendeeId, UnitId
from confhub.kernel.limits import PAGE_SIZE, PAGE_SIZE_MAX
from confhub.kernel.paging import offset_of
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.org.store import visible_unit
from confhub.people import looks, store
from confhub.people.errors import MergeNotFound, MergeSelf, MergeTooLate, MergeUndone, PersonNotFound
from confhub.people.holding import entries_of
from confhub.people.models import AttendeeMerge, AttendeeRow, PeopleDistinct
from confhub.people.rules import search_key
from confhub.people.service import editable
from confhub.people.values import Merge, MergedField, MergePreview, PairPage, Person, PersonPair

Regrouped = Callable[[Tx, Iterable[int]], Awaitable[None]]
"""Told of all entries of a person before they are united otherwise, in the same transaction."""

FILLED = ("code", "position", "birth_date", "birth_year", "phone", "email")
"""Fields that the kept person takes from the dropped one where their own is empty."""


class MergeService:
    """One person under two entries.

    A merge moves nothing that was written down: the dropped entry points to the kept one, and readers
    follow. In sessions that know both, they count as one, except where the attendance is closed. Needs
    `PERSON_EDIT` at both units.
    """

    def __init__(self, db: Database, clock: Clock, regrouped: Regrouped | None = None) -> None:
        self._db = db
        self._clock = clock
        self._regrouped = regrouped
        self._looks = looks.LookBook(db, clock)

    async def suggestions(
        self, actor: Actor, *, unit_id: UnitId | None = None, page: int = 1, size: int = PAGE_SIZE
    ) -> PairPage:
        """Pairs of one unit and name, dates of birth the same or missing, that nobody called two people."""
        size = min(max(size, 1), PAGE_SIZE_MAX)
        page = min(max(page, 1), 10**6)
        first, second = aliased(AttendeeRow), aliased(AttendeeRow)
        query = _pairs(first, second).where(branch_filter(actor, Permission.PERSON_EDIT, UnitColumns.path))
        async with self._db.reading() as tx:
            if unit_id is not None:
                query = query.where(below((await visible_unit(tx, actor, unit_id)).path, UnitColumns.path))
            total = await tx.scalar(select(func.count()).select_from(query.subquery())) or 0
            ordered = query.order_by(UnitColumns.path, first.sort_key, first.id, second.id)
            ids = [
                (one, two) for one, two in await tx.execute(ordered.offset(offset_of(page, size)).limit(size))
            ]
            wanted = {one for pair in ids for one in pair}
            rows = await tx.execute(store.person_query().where(AttendeeRow.id.in_(wanted)))
            people = {person.id: person for person in map(store.person_of, rows)}
        await self._looks.told(actor, "duplicates", people)
        pairs = [_pair(people[AttendeeId(one)], people[AttendeeId(two)]) for one, two in ids]
        return PairPage(pairs, total, page, size)

    async def are_two(self, actor: Actor, first_id: int, second_id: int) -> None:
        """Say that these are two people: the pair is not suggested again."""
        if first_id == second_id:
            raise MergeSelf()
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await tx.alone("people.person")
            one, _ = await editable(tx, actor, first_id)
            await editable(tx, actor, second_id)
            low, high = sorted((first_id, second_id))
            if await tx.get(PeopleDistinct, (low, high)) is None:
                tx.add(PeopleDistinct(first_id=low, second_id=high, at=now, actor_name=actor.name))
                record(tx, actor, "people:person:distinguish", "person", low, now,
                       path=one.unit_path, other=high)  # fmt: skip

    async def preview(self, actor: Actor, kept_id: int, dropped_id: int) -> MergePreview:
        """What a merge would leave."""
        if kept_id == dropped_id:
            raise MergeSelf()
        async with self._db.transaction() as tx:
            now = self._clock.now()
            kept, _ = await editable(tx, actor, kept_id)
            dropped, _ = await editable(tx, actor, dropped_id)
            for one in (kept_id, dropped_id):
                await looks.note(tx, actor, "merge", [one], now)
            return MergePreview(kept, dropped, _outcome(kept, dropped))

    async def merge(self, actor: Actor, kept_id: int, dropped_id: int) -> Person:
        """`dropped_id` stands for `kept_id` from now on; empty fields of the kept one are filled."""
        if kept_id == dropped_id:
            raise MergeSelf()
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await tx.alone("people.person")
            kept, kept_row = await editable(tx, actor, kept_id)
            dropped, dropped_row = await editable(tx, actor, dropped_id)
            await self._regroup(tx, kept_id, dropped_id)
            filled = [one.name for one in _outcome(kept, dropped) if one.filled]
            before = {
                "kept": _stored(kept_row),
                "dropped": _stored(dropped_row),
                "filled": filled,
                "followers": await _repoint(tx, dropped_id, kept_id),
            }
            if "code" in filled:
                code, dropped_row.code = dropped_row.code, None
                await tx.flush()  # a code is one person's at a time
                kept_row.code = code
            for name in filled:
                if name != "code":
                    setattr(kept_row, name, getattr(dropped_row, name))
            dropped_row.merged_into_id = kept_id
            _rekey(kept_row, dropped_row)
            made = AttendeeMerge(
                kept_id=kept_id, dropped_id=dropped_id, at=now, actor_id=actor.account_id,
                actor_name=actor.name, before=before,
            )  # fmt: skip
            tx.add(made)
            await tx.flush()
            record(tx, actor, "people:person:merge", "person", kept_id, now,
                   path=kept.unit_path, dropped=dropped_id, filled=filled, merge=made.id)  # fmt: skip
            return await store.visible_person(tx, actor, kept_id)

    async def merges(self, actor: Actor, kept_id: int) -> list[Merge]:
        """What was merged into a person, newest first."""
        async with self._db.reading() as tx:
            await store.visible_person(tx, actor, kept_id)
            query = (
                select(AttendeeMerge, AttendeeRow.name)
                .join(AttendeeRow, AttendeeRow.id == AttendeeMerge.dropped_id)
                .where(AttendeeMerge.kept_id == kept_id)
                .order_by(AttendeeMerge.id.desc())
                .limit(PAGE_SIZE)
            )
            found = [_merge_of(row, name) for row, name in await tx.execute(query)]
        shown = [one.dropped_id for one in found]
        await self._looks.told(actor, "merge", shown)
        return found

    async def undo(self, actor: Actor, merge_id: int) -> Person:
        """Both stand alone again, as they were; what was changed by hand since stays. The kept one.

        Raises `MergeNotFound`, `MergeUndone`, `MergeTooLate`.
        """
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await tx.alone("people.person")
            row = await tx.get(AttendeeMerge, merge_id)
            if row is None:
                raise MergeNotFound()
            try:
                kept = await store.visible_person(tx, actor, row.kept_id)
                dropped = await store.visible_person(tx, actor, row.dropped_id)
            except PersonNotFound:
                raise MergeNotFound from None  # elsewhere: as unknown as one that never was
            for one in (kept, dropped):
                require(actor, Permission.PERSON_EDIT, one.unit_path)
            if row.undone_at is not None:
                raise MergeUndone()
            kept_row = await tx.get_one(AttendeeRow, row.kept_id)
            dropped_row = await tx.get_one(AttendeeRow, row.dropped_id)
            if dropped_row.merged_into_id != row.kept_id or not row.before or kept.erased_at is not None:
                raise MergeTooLate()
            await self._regroup(tx, row.kept_id)
            await _put_back(tx, kept_row, dropped_row, row.before)
            row.undone_at, row.undone_by = now, actor.name
            record(tx, actor, "people:person:unmerge", "person", row.kept_id, now,
                   path=kept.unit_path, dropped=row.dropped_id, merge=row.id)  # fmt: skip
            await tx.flush()
            return await store.visible_person(tx, actor, row.kept_id)

    async def _regroup(self, tx: Tx, *persons: int) -> None:
        if self._regrouped is not None:
            await self._regrouped(tx, {one for person in persons for one in await entries_of(tx, person)})


def _pairs(first: type[AttendeeRow], second: type[AttendeeRow]) -> Select[int, int]:
    said = exists().where(PeopleDistinct.first_id == first.id, PeopleDistinct.second_id == second.id)
    same = and_(second.name_key == first.name_key, second.unit_id == first.unit_id, second.id > first.id)
    return (
        select(first.id, second.id)
        .join(second, same)
        .join(*UnitColumns.of(first.unit_id))
        .where(*(entry.merged_into_id.is_(None) for entry in (first, second)))
        .where(*(entry.erased_at.is_(None) for entry in (first, second)))
        .where(store.birth_agrees(first, second), ~said)
    )


def _pair(first: Person, second: Person) -> PersonPair:
    same_day = first.birth_date is not None and first.birth_date == second.birth_date
    return PersonPair(first, second, same_day and not (first.code and second.code))


def _outcome(kept: Person, dropped: Person) -> tuple[MergedField, ...]:
    fields = [
        MergedField(name, getattr(kept, name), getattr(dropped, name), False)
        for name in ("name", "unit_name")
    ]
    for name in FILLED:
        own, other = getattr(kept, name), getattr(dropped, name)
        filled = own is None and other is not None
        if name == "birth_year":
            if own is None and other is None:
                continue
            filled = filled and kept.birth_date is None and dropped.birth_date is None
        fields.append(MergedField(name, other if filled else own, other, filled))
    return tuple(fields)


def _stored(row: AttendeeRow) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in ((name, getattr(row, name)) for name in FILLED)
    }


def _rekey(*rows: AttendeeRow) -> None:
    for row in rows:
        row.search_key = search_key(row.code, row.name, row.position)


async def _repoint(tx: Tx, old_id: int, new_id: int) -> list[int]:
    """Whatever was merged into `old_id` stands for `new_id`; who that is."""
    moved = await tx.execute(
        update(AttendeeRow)
        .where(AttendeeRow.merged_into_id == old_id)
        .values(merged_into_id=new_id)
        .returning(AttendeeRow.id)
    )
    return sorted(row[0] for row in moved)


async def _put_back(tx: Tx, kept: AttendeeRow, dropped: AttendeeRow, before: dict[str, Any]) -> None:
    for name in before["filled"]:
        given = before["dropped"][name]
        value: Any = date.fromisoformat(given) if name == "birth_date" and given else given
        if name == "code":
            if kept.code != value:
                continue  # somebody gave the kept one another code since; this one may be another's now
            kept.code = None
            await tx.flush()
            dropped.code = value
        elif getattr(kept, name) == value:
            setattr(kept, name, None)
    dropped.merged_into_id = None
    await tx.flush()
    await tx.execute(
        update(AttendeeRow)
        .where(AttendeeRow.id.in_(before["followers"]), AttendeeRow.merged_into_id == kept.id)
        .values(merged_into_id=dropped.id)
        .execution_options(synchronize_session=False)
    )
    _rekey(kept, dropped)


def _merge_of(row: AttendeeMerge, dropped_name: str) -> Merge:
    undone: datetime | None = row.undone_at
    return Merge(
        row.id,
        AttendeeId(row.kept_id),
        AttendeeId(row.dropped_id),
        dropped_name,
        row.at,
        row.actor_name,
        undone,
        row.undone_by,
    )
