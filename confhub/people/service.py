"""Use cases of the register of people: list, read, add, change, retire, draw a badge anew."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, extract, func, or_, select

from confhub.access.rules import Actor, below, branch_filter, require
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.ids import UnitId
from confhub.kernel.limits import PAGE_SIZE, PAGE_SIZE_MAX
from confhub.kernel.paging import offset_of
from confhub.kernel.permissions import Permission
from confhub.kernel.versions import check_seen
from confhub.org.dissolved import Calendar, check_standing
from confhub.org.published import UnitColumns
from confhub.org.store import visible_unit
from confhub.people import looks, store
from confhub.people.errors import (
    NobodyChosen,
    PersonCodeTaken,
    PersonDuplicate,
    PersonErased,
    PersonMerged,
    TooManyBadges,
)
from confhub.people.limits import BADGES_MAX
from confhub.people.models import AttendeeRow, PeopleDistinct
from confhub.people.rules import clean_draft, name_key, new_badge
from confhub.people.values import Person, PersonDraft, PersonPage, RegisterState


class PeopleService:
    """People by branch of the tree.

    The audit trail names the fields that changed and not what stood in them: it outlives an erasure.
    """

    def __init__(self, db: Database, clock: Clock, timezone: str = "Asia/Ho_Chi_Minh") -> None:
        """`timezone`: whose calendar says which units are dissolved."""
        self._db = db
        self._clock = clock
        self._calendar = Calendar(clock, timezone)
        self._looks = looks.LookBook(db, clock)

    async def people(
        self,
        actor: Actor,
        *,
        search: str = "",
        unit_id: UnitId | None = None,
        state: RegisterState = RegisterState.CURRENT,
        page: int = 1,
        size: int = PAGE_SIZE,
    ) -> PersonPage:
        """One page (from 1) of the people the actor sees, in Vietnamese order.

        `search` looks for each word in name, code, position and unit, without diacritics; `unit_id` keeps
        that unit's branch (raises `UnitNotFound`).
        """
        size = min(max(size, 1), PAGE_SIZE_MAX)
        page = min(max(page, 1), 10**6)
        query = _visible(actor).where(*_in_state(state), *store.matches(search, with_unit=True))
        async with self._db.reading() as tx:
            if unit_id is not None:
                query = query.where(below((await visible_unit(tx, actor, unit_id)).path, UnitColumns.path))
            total = await tx.scalar(query.with_only_columns(func.count(), maintain_column_froms=True)) or 0
            ordered = query.order_by(AttendeeRow.sort_key, AttendeeRow.id)
            rows = (await tx.execute(ordered.offset(offset_of(page, size)).limit(size))).all()
        found = [looks.for_eyes(actor, store.person_of(row)) for row in rows]
        branch = f"unit {unit_id}" if unit_id is not None else ""
        await self._looks.told(actor, "list", [one.id for one in found], detail=branch)
        return PersonPage(found, total, page, size)

    async def person(self, actor: Actor, attendee_id: int, *, what: str = "record") -> Person:
        """One person, as the record shows them; that it was read is written down. `PersonNotFound`."""
        async with self._db.transaction() as tx:
            found = await store.visible_person(tx, actor, attendee_id)
            await looks.note(tx, actor, what, [attendee_id], self._clock.now())
            return looks.for_eyes(actor, found)

    async def standing_for(self, attendee_id: int) -> int:
        """The id of the person that this entry stands for now: itself, or where it was merged into."""
        async with self._db.reading() as tx:
            return (await store.resolve(tx, (attendee_id,)))[attendee_id]

    async def add(self, actor: Actor, draft: PersonDraft, *, despite_namesake: bool = False) -> Person:
        """A new person; needs `PERSON_EDIT` at the unit.

        Raises `UnitNotFound`, `Forbidden`, `UnitDissolved`, `PersonCodeTaken`, what is wrong with the fields,
        and
        `PersonDuplicate` where the unit has somebody of this name whose date of birth does not tell them
        apart; `despite_namesake` says that these are two people.
        """
        now = self._clock.now()
        draft = clean_draft(draft, now.date())
        async with self._db.transaction() as tx:
            await tx.alone("people.person")
            unit = await visible_unit(tx, actor, draft.unit_id)
            require(actor, Permission.PERSON_EDIT, unit.path)
            await check_standing(tx, unit, self._calendar.today())
            await _check_code_free(tx, draft.code, None)
            twins = await _namesakes(tx, draft)
            if twins and not despite_namesake:
                raise PersonDuplicate(field="name", name=draft.name, other_id=twins[0])
            new_id = await store.insert(tx, draft, now)
            for twin in twins:
                tx.add(PeopleDistinct(first_id=twin, second_id=new_id, at=now, actor_name=actor.name))
            record(tx, actor, "people:person:add", "person", new_id, now, path=unit.path)
            await tx.flush()
            return await store.visible_person(tx, actor, new_id)

    async def update(
        self, actor: Actor, attendee_id: int, draft: PersonDraft, *, seen: str | None = None
    ) -> Person:
        """Change a person; needs `PERSON_EDIT` at their unit and at the new one, which must not be dissolved.
        `seen`: see `kernel.versions`."""
        now = self._clock.now()
        draft = clean_draft(draft, now.date())
        async with self._db.transaction() as tx:
            await tx.alone("people.person")
            before, row = await editable(tx, actor, attendee_id)
            check_seen(seen, before.draft)
            unit = await visible_unit(tx, actor, draft.unit_id)
            require(actor, Permission.PERSON_EDIT, unit.path)
            if unit.id != before.unit_id:
                await check_standing(tx, unit, self._calendar.today())
            await _check_code_free(tx, draft.code, row.id)
            store.fill(row, draft)
            await tx.flush()
            after = await store.visible_person(tx, actor, attendee_id)
            fields = _changed(before, after)
            if fields:
                moved = {"unit": [before.unit_id, after.unit_id]} if "unit_id" in fields else {}
                record(tx, actor, "people:person:change", "person", row.id, now,
                       path=unit.path, fields=fields, **moved)  # fmt: skip
            return after

    async def retire(self, actor: Actor, attendee_id: int) -> Person:
        """No longer in the unit, and on no new roster. Does nothing to a retired one."""
        async with self._db.transaction() as tx:
            before, row = await editable(tx, actor, attendee_id)
            if row.retired_at is not None:
                return before
            row.retired_at = self._clock.now()
            record(tx, actor, "people:person:retire", "person", row.id, row.retired_at, path=before.unit_path)
            await tx.flush()
            return await store.visible_person(tx, actor, attendee_id)

    async def restore(self, actor: Actor, attendee_id: int) -> Person:
        """Bring a retired person back. Raises `UnitDissolved`."""
        async with self._db.transaction() as tx:
            before, row = await editable(tx, actor, attendee_id)
            if row.retired_at is None:
                return before
            unit = await visible_unit(tx, actor, UnitId(before.unit_id))
            await check_standing(tx, unit, self._calendar.today(), "attendee_id")
            row.retired_at = None
            record(tx, actor, "people:person:restore", "person", row.id, self._clock.now(),
                   path=before.unit_path)  # fmt: skip
            await tx.flush()
            return await store.visible_person(tx, actor, attendee_id)

    async def redraw_badge(self, actor: Actor, attendee_id: int) -> Person:
        """A new personal code for a lost badge; the old one stops working at once."""
        async with self._db.transaction() as tx:
            before, row = await editable(tx, actor, attendee_id)
            row.badge = new_badge()
            record(tx, actor, "people:badge:redraw", "person", row.id, self._clock.now(),
                   path=before.unit_path)  # fmt: skip
            await tx.flush()
            return await store.visible_person(tx, actor, attendee_id)

    async def for_badges(
        self, actor: Actor, *, unit_id: UnitId | None = None, chosen: tuple[int, ...] = ()
    ) -> list[Person]:
        """The people of a branch, or those chosen, whose badges are printed; needs `PERSON_EDIT` there.

        By unit in the order of the tree's paths, then in Vietnamese order. Raises `UnitNotFound`,
        `NobodyChosen`, `TooManyBadges`. That the badges were read is written down.
        """
        if unit_id is None and not chosen:
            raise NobodyChosen()
        may = branch_filter(actor, Permission.PERSON_EDIT, UnitColumns.path)
        query = store.person_query().where(may, *_in_state(RegisterState.CURRENT))
        async with self._db.transaction() as tx:
            if unit_id is not None:
                unit = await visible_unit(tx, actor, unit_id)
                require(actor, Permission.PERSON_EDIT, unit.path)
                query = query.where(below(unit.path, UnitColumns.path))
            if chosen:
                query = query.where(AttendeeRow.id.in_(chosen))
            count = await tx.scalar(query.with_only_columns(func.count(), maintain_column_froms=True)) or 0
            if count > BADGES_MAX:
                raise TooManyBadges(field="unit_id", limit=BADGES_MAX, count=count)
            ordered = query.order_by(UnitColumns.path, AttendeeRow.sort_key, AttendeeRow.id)
            people = [store.person_of(row) for row in await tx.execute(ordered)]
            if not people:
                raise NobodyChosen(field="unit_id")
            branch = f"unit {unit_id}" if unit_id is not None else ""
            now = self._clock.now()
            await looks.note(tx, actor, "badges", [person.id for person in people], now, detail=branch)
            return people


async def editable(
    tx: Tx, actor: Actor, attendee_id: int, permission: Permission = Permission.PERSON_EDIT
) -> tuple[Person, AttendeeRow]:
    """A person that may be changed. Raises `PersonNotFound`, `Forbidden`, `PersonErased`, `PersonMerged`."""
    person = await store.visible_person(tx, actor, attendee_id)
    require(actor, permission, person.unit_path)
    row = await tx.get_one(AttendeeRow, attendee_id)
    if row.erased_at is not None:
        raise PersonErased()
    if row.merged_into_id is not None:
        raise PersonMerged()
    return person, row


def _visible(actor: Actor) -> Select[AttendeeRow, str, str]:
    return store.person_query().where(branch_filter(actor, Permission.PERSON_VIEW, UnitColumns.path))


def _in_state(state: RegisterState) -> tuple[ColumnElement[bool], ...]:
    alone = AttendeeRow.merged_into_id.is_(None)
    if state is RegisterState.ERASED:
        return (alone, AttendeeRow.erased_at.is_not(None))
    retired = AttendeeRow.retired_at
    return (
        alone,
        AttendeeRow.erased_at.is_(None),
        retired.is_not(None) if state is RegisterState.RETIRED else retired.is_(None),
    )


async def _check_code_free(tx: Tx, code: str | None, own_id: int | None) -> None:
    if code is None:
        return
    holder = await tx.scalar(select(AttendeeRow.id).where(AttendeeRow.code == code))
    if holder is not None and holder != own_id:
        raise PersonCodeTaken(field="code", value=code)


async def _namesakes(tx: Tx, draft: PersonDraft) -> list[int]:
    """People of the unit with this name whose date of birth does not tell them apart."""
    query = select(AttendeeRow.id).where(
        AttendeeRow.name_key == name_key(draft.name),
        AttendeeRow.unit_id == draft.unit_id,
        AttendeeRow.merged_into_id.is_(None),
        AttendeeRow.erased_at.is_(None),
    )
    if draft.birth_date is not None:
        query = query.where(or_(AttendeeRow.birth_date == draft.birth_date, AttendeeRow.birth_date.is_(None)))
    year = draft.birth_date.year if draft.birth_date is not None else draft.birth_year
    if year is not None:
        born = func.coalesce(AttendeeRow.birth_year, extract("year", AttendeeRow.birth_date))
        query = query.where(or_(born == year, born.is_(None)))
    return list(await tx.scalars(query.order_by(AttendeeRow.id)))


def _changed(before: Person, after: Person) -> list[str]:
    fields = ("code", "name", "unit_id", "position", "birth_date", "birth_year", "phone", "email")
    return [field for field in fields if getattr(before, field) != getattr(after, field)]
