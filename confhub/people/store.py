"""Reading and writing people inside somebody's transaction; no rights checked except where named."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, delete, extract, func, or_, select
from sqlalchemy import insert as insert_into
from sqlalchemy.orm import InstrumentedAttribute

from confhub.access.rules import Actor, allows
from confhub.db.database import Tx
from confhub.i18n.collation import person_sort_key
from confhub.i18n.folding import fold, like_pattern
from confhub.kernel.ids import AttendeeId, UnitId
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.people.errors import PersonNotFound
from confhub.people.limits import IDS_AT_ONCE, SEARCH_WORDS_MAX
from confhub.people.models import AttendeeRow, PeopleDraftRow
from confhub.people.rules import name_key, new_badge, plain_badge, search_key
from confhub.people.values import Person, PersonDraft


class PersonName(NamedTuple):
    """A person as lists show one."""

    id: int
    code: str | None
    name: str
    unit_id: int
    position: str | None
    sort_key: str


_NAME_COLUMNS = (
    AttendeeRow.id,
    AttendeeRow.code,
    AttendeeRow.name,
    AttendeeRow.unit_id,
    AttendeeRow.position,
    AttendeeRow.sort_key,
)


async def resolve(tx: Tx, ids: Iterable[int]) -> dict[int, int]:
    """Each id → the person it stands for now: itself, or where it was merged into."""
    found = {one: one for one in ids}
    asked = set(found)
    while asked:
        onward: dict[int, int] = {}
        async for row in _in_parts(
            tx,
            select(AttendeeRow.id, AttendeeRow.merged_into_id).where(AttendeeRow.merged_into_id.is_not(None)),
            asked,
        ):
            onward[row[0]] = row[1]
        if not onward:
            break
        found = {one: onward.get(at, at) for one, at in found.items()}
        asked = set(onward.values())
    return found


async def names(tx: Tx, ids: Iterable[int]) -> dict[int, PersonName]:
    """Each id → the person it stands for now, through merges; unknown ids are left out."""
    resolved = await resolve(tx, ids)
    known: dict[int, PersonName] = {}
    async for row in _in_parts(tx, select(*_NAME_COLUMNS), set(resolved.values())):
        known[row[0]] = PersonName(*row)
    return {one: known[at] for one, at in resolved.items() if at in known}


async def _in_parts(tx: Tx, query: Select[*tuple[Any, ...]], ids: Iterable[int]) -> AsyncIterator[Any]:
    wanted = sorted(ids)
    for start in range(0, len(wanted), IDS_AT_ONCE):
        part = wanted[start : start + IDS_AT_ONCE]
        for row in await tx.execute(query.where(AttendeeRow.id.in_(part))):
            yield row


async def by_badge(tx: Tx, badge: str) -> int | None:
    """The person whose badge was typed or scanned so, through merges; None where there is none in use."""
    return (await by_badges(tx, (badge,))).get(badge)


async def by_badges(tx: Tx, badges: Iterable[str]) -> dict[str, int]:
    """Each badge as given → its person, through merges; unknown ones are left out."""
    plain = {badge: chars for badge in badges if (chars := plain_badge(badge)) is not None}
    wanted = sorted(set(plain.values()))
    found: dict[str, int] = {}
    for start in range(0, len(wanted), IDS_AT_ONCE):
        part = wanted[start : start + IDS_AT_ONCE]
        query = select(AttendeeRow.badge, AttendeeRow.id).where(
            AttendeeRow.badge.in_(part), AttendeeRow.erased_at.is_(None)
        )
        for badge, attendee_id in await tx.execute(query):
            found[badge] = attendee_id
    resolved = await resolve(tx, found.values())
    return {badge: resolved[found[chars]] for badge, chars in plain.items() if chars in found}


def values_of(draft: PersonDraft, now: datetime) -> dict[str, Any]:
    """The columns of a new person, for one insert or for thousands; `draft` is a cleaned one."""
    return {
        "code": draft.code,
        "name": draft.name,
        "unit_id": draft.unit_id,
        "position": draft.position,
        "birth_date": draft.birth_date,
        "birth_year": draft.birth_year,
        "phone": draft.phone,
        "email": draft.email,
        "badge": new_badge(),
        "sort_key": person_sort_key(draft.name),
        "search_key": search_key(draft.code, draft.name, draft.position),
        "name_key": name_key(draft.name),
        "created_at": now,
    }


async def insert_many(tx: Tx, drafts: Sequence[PersonDraft], now: datetime) -> list[int]:
    """New people of cleaned drafts, in order; their ids."""
    if not drafts:
        return []
    statement = insert_into(AttendeeRow).returning(AttendeeRow.id, sort_by_parameter_order=True)
    return list(await tx.scalars(statement, [values_of(draft, now) for draft in drafts]))


async def insert(tx: Tx, draft: PersonDraft, now: datetime) -> int:
    """A new person of a cleaned draft; its id."""
    return (await insert_many(tx, (draft,), now))[0]


def fill(row: AttendeeRow, draft: PersonDraft) -> None:
    """The fields of a cleaned draft, and the keys made from them."""
    row.code, row.name, row.unit_id = draft.code, draft.name, draft.unit_id
    row.position = draft.position
    row.birth_date, row.birth_year = draft.birth_date, draft.birth_year
    row.phone, row.email = draft.phone, draft.email
    row.sort_key, row.name_key = person_sort_key(draft.name), name_key(draft.name)
    row.search_key = search_key(draft.code, draft.name, draft.position)


def matches(
    words: str, key: InstrumentedAttribute[str] = AttendeeRow.search_key, *, with_unit: bool = False
) -> list[ColumnElement[bool]]:
    """Conditions: each word stands somewhere in code, name or position, without diacritics. `key`: the column
    that holds them folded.

    `with_unit` looks into the unit's name and code too; the query has joined `UnitRow` then.
    """
    conditions: list[ColumnElement[bool]] = []
    for word in fold(words[:NAME_MAX_CHARS]).split()[:SEARCH_WORDS_MAX]:
        pattern = like_pattern(word)
        own = key.like(pattern, escape="\\")
        conditions.append(or_(own, UnitColumns.search_key.like(pattern, escape="\\")) if with_unit else own)
    return conditions


def birth_agrees(first: type[AttendeeRow], second: type[AttendeeRow]) -> ColumnElement[bool]:
    """Whether day and year of birth allow the two to be one person: the same, or not known of one."""
    of = (first, second)
    days = or_(first.birth_date == second.birth_date, *(one.birth_date.is_(None) for one in of))
    years = [func.coalesce(one.birth_year, extract("year", one.birth_date)) for one in of]
    return and_(days, or_(years[0] == years[1], *(year.is_(None) for year in years)))


async def search(tx: Tx, among: Select[int], words: str, limit: int) -> list[PersonName]:
    """Up to `limit` people out of the ids that `among` selects, in Vietnamese order."""
    query = (
        select(*_NAME_COLUMNS)
        .where(AttendeeRow.id.in_(among), AttendeeRow.erased_at.is_(None), *matches(words))
        .order_by(AttendeeRow.sort_key, AttendeeRow.id)
        .limit(limit)
    )
    return [PersonName(*row) for row in await tx.execute(query)]


def person_query() -> Select[AttendeeRow, str, str]:
    """Selects (row, unit's name, unit's path)."""
    return select(AttendeeRow, UnitColumns.name, UnitColumns.path).join(*UnitColumns.of(AttendeeRow.unit_id))


def person_of(found: Row[Any] | Sequence[Any]) -> Person:
    """The frozen value of one line of `person_query`."""
    row, unit_name, path = found[:3]
    return Person(
        AttendeeId(row.id),
        row.code,
        row.name,
        UnitId(row.unit_id),
        unit_name,
        path,
        row.position,
        row.birth_date,
        row.phone,
        row.email,
        row.badge,
        row.created_at,
        row.retired_at,
        row.erased_at,
        birth_year=row.birth_year,
    )


async def person(tx: Tx, attendee_id: int) -> Person:
    """One person who is there."""
    return person_of((await tx.execute(person_query().where(AttendeeRow.id == attendee_id))).one())


async def visible_person(
    tx: Tx, actor: Actor, attendee_id: int, permission: Permission = Permission.PERSON_VIEW
) -> Person:
    """One person; raises `PersonNotFound` when absent or the actor lacks `permission` at the unit."""
    found = (await tx.execute(person_query().where(AttendeeRow.id == attendee_id))).first()
    if found is None or not allows(actor, permission, found[2]):
        raise PersonNotFound(field="attendee_id")
    return person_of(found)


async def forget_drafts(tx: Tx, now: datetime) -> None:
    """Uploaded lists whose preview nobody applied in time."""
    await tx.execute(delete(PeopleDraftRow).where(PeopleDraftRow.expires_at <= now))
