"""The one place through which people's data leaves the services: who was shown whom, with which fields.

Every use case that hands out people tells it (`LookBook.told`, or `note` in its own transaction), whatever
door asked. A list is one row, with its people packed in a set that is stored once: "who saw this person?" is
answered for lists as well, and 40,000 people are not 40,000 rows a look.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from cachetools import FIFOCache, TTLCache
from sqlalchemy import delete, exists, func, insert, select

from confhub.access.rules import Actor, allows
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.permissions import Permission
from confhub.people.limits import (
    LISTS_KEPT_MAX,
    LOOKS_AT_ONCE,
    LOOKS_KEPT_MAX,
    LOOKS_SEARCHED_MAX,
    SAME_LOOK_FOR_S,
)
from confhub.people.models import PersonLook, SeenPeople
from confhub.people.values import Look, Person

_LOOK: Final = insert(PersonLook.__table__)  # type: ignore[arg-type]

WITHHELD: Final = ("phone", "email", "birth_date")
"""Fields that only those see who keep the person's record."""


def for_eyes(actor: Actor, person: Person) -> Person:
    """The person as `actor` may see them: contact, birth date, badge only with `PERSON_EDIT` at the unit.

    `withheld` names the fields that are filled and not shown."""
    if allows(actor, Permission.PERSON_EDIT, person.unit_path):
        return person
    filled = [name for name in WITHHELD if getattr(person, name) is not None]
    if person.birth_year is not None:
        filled.append("birth_date")
    return replace(
        person, phone=None, email=None, birth_date=None, birth_year=None, badge="", withheld=tuple(filled)
    )


async def note(
    tx: Tx, actor: Actor, what: str, people: Iterable[int], now: datetime, *, detail: str = ""
) -> None:
    """Write down, in the caller's transaction, that `actor` was shown these people; nothing for nobody."""
    ids = sorted(set(people))
    if not ids:
        return
    one = ids[0] if len(ids) == 1 else None
    seen = await _kept(tx, ids) if one is None else None
    await tx.rows(
        _LOOK,
        {
            "attendee_id": one, "seen": seen, "at": now, "actor_id": actor.account_id,
            "actor_name": actor.name, "what": what, "detail": detail,
        },
    )  # fmt: skip


async def first_at(tx: Tx, actor_id: int, what: str, detail: str, since: datetime) -> datetime | None:
    """When the account was first shown this list, not looking further back than `since`; None: not since."""
    look = PersonLook
    query = select(func.min(look.at)).where(look.at >= since, look.actor_id == actor_id)
    return await tx.scalar(query.where(look.what == what, look.detail == detail))


class LookBook:
    """Looks of use cases that only read: written in a transaction of their own, before anything leaves.

    The same people shown to the same reader in the same place are one look for ten minutes: pages that renew
    themselves fill no log.
    """

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._told: TTLCache[tuple[object, ...], bool] = TTLCache(
            LOOKS_KEPT_MAX, SAME_LOOK_FOR_S, timer=clock.monotonic
        )
        self._lists: FIFOCache[tuple[object, ...], tuple[float, set[int]]] = FIFOCache(LISTS_KEPT_MAX)
        """Since when a list's reader has been told of whom."""

    async def told(self, actor: Actor, what: str, people: Iterable[int], *, detail: str = "") -> None:
        """`actor` is about to be shown these people; returns once that is written down."""
        ids = sorted(set(people))
        if not ids:
            return
        key = (actor.account_id, actor.name, what, detail, _digest(_packed(ids)))
        if key in self._told:
            return
        async with self._db.transaction() as tx:
            await note(tx, actor, what, ids, self._clock.now(), detail=detail)
        self._told[key] = True

    async def told_more(self, actor: Actor, what: str, people: Iterable[int], *, detail: str) -> None:
        """As `told`, for a room's list, which renews itself every few seconds: who came to it since is a look
        by itself, not the whole list once more."""
        moment, key, ids = self._clock.monotonic(), (actor.account_id, actor.name, what, detail), set(people)
        since, told = self._lists.get(key, (moment, set()))
        if moment - since >= SAME_LOOK_FOR_S:
            since, told = moment, set()
        if new := ids - told:
            await self.told(actor, what, new, detail=detail)
            self._lists[key] = since, told | new


async def of_person(tx: Tx, entries: Sequence[int], limit: int) -> list[Look]:
    """The newest looks at any of a person's entries, alone or on a list, newest first."""
    own = list(
        await tx.scalars(
            select(PersonLook)
            .where(PersonLook.attendee_id.in_(entries))
            .order_by(PersonLook.id.desc())
            .limit(limit)
        )
    )
    oldest = own[-1].id if len(own) == limit else 0
    lists, sizes = await _on_lists(tx, sorted(entries), oldest, limit)
    newest = sorted([*own, *lists], key=lambda look: look.id, reverse=True)[:limit]
    return [
        Look(row.id, row.at, row.actor_name, row.what, row.detail, sizes.get(row.seen or "", 1))
        for row in newest
    ]


async def _on_lists(
    tx: Tx, entries: Sequence[int], oldest: int, limit: int
) -> tuple[list[PersonLook], dict[str, int]]:
    """Looks at lists on which one of the entries stood, and how many people each list's set has."""
    verdicts: dict[str, bool] = {}
    sizes: dict[str, int] = {}
    found: list[PersonLook] = []
    before: int | None = None
    for _ in range(0, LOOKS_SEARCHED_MAX, LOOKS_AT_ONCE):
        query = (
            select(PersonLook)
            .join(SeenPeople, SeenPeople.digest == PersonLook.seen)
            .where(PersonLook.id > oldest)
            .where(SeenPeople.first_id <= entries[-1], SeenPeople.last_id >= entries[0])
            .order_by(PersonLook.id.desc())
            .limit(LOOKS_AT_ONCE)
        )
        looks = list(await tx.scalars(query if before is None else query.where(PersonLook.id < before)))
        new = {look.seen for look in looks if look.seen is not None} - verdicts.keys()
        if new:
            query_sets = select(SeenPeople.digest, SeenPeople.ids, SeenPeople.count)
            sets = (await tx.execute(query_sets.where(SeenPeople.digest.in_(new)))).all()
            sizes.update({row[0]: row[2] for row in sets})
            verdicts.update(await asyncio.to_thread(_holding, [(row[0], row[1]) for row in sets], entries))
        found += [look for look in looks if look.seen is not None and verdicts[look.seen]]
        if len(looks) < LOOKS_AT_ONCE or len(found) >= limit:
            break
        before = looks[-1].id
    return found[:limit], sizes


async def drop_unseen(tx: Tx) -> None:
    """Forget sets that no look points at any more."""
    orphan = ~exists().where(PersonLook.seen == SeenPeople.digest)
    await tx.execute(delete(SeenPeople).where(orphan).execution_options(synchronize_session=False))


async def _kept(tx: Tx, ids: Sequence[int]) -> str:
    packed = _packed(ids)
    digest = _digest(packed)
    await tx.rows(
        tx.only_new(SeenPeople),
        {
            "digest": digest, "count": len(ids), "first_id": ids[0], "last_id": ids[-1],
            "ids": zlib.compress(packed),
        },
    )  # fmt: skip
    return digest


def _packed(ids: Sequence[int]) -> bytes:
    """Eight bytes an id, little-endian, ascending."""
    numbers = array("Q", ids)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def unpacked(packed: bytes) -> Sequence[int]:
    """The ids of a stored set, ascending."""
    numbers = array("Q", zlib.decompress(packed))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _digest(packed: bytes) -> str:
    return hashlib.sha256(packed).hexdigest()


def _holding(sets: Iterable[tuple[str, bytes]], entries: Sequence[int]) -> dict[str, bool]:
    verdicts = {}
    for digest, packed in sets:
        numbers = unpacked(packed)
        verdicts[digest] = any(
            (at := bisect_left(numbers, one)) < len(numbers) and numbers[at] == one for one in entries
        )
    return verdicts
