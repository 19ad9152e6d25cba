"""Use cases of personal data: who looked, one person's export, erasure."""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from confhub.access.rules import Actor, require
from confhub.audit.erasing import forget_names
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.files.json_file import plain
from confhub.kernel.clock import Clock
from confhub.kernel.permissions import Permission
from confhub.org.rules import Checks
from confhub.people import looks, store
from confhub.people.errors import ErasureUnconfirmed
from confhub.people.holding import Holder, PeopleHolder, entries_of, entries_of_all
from confhub.people.limits import LOOKS_MAX
from confhub.people.rules import clean_reason
from confhub.people.service import editable
from confhub.people.values import Look, Person


class PrivacyService:
    """What law 91/2025/QH15 asks of whoever keeps people.

    `holders`: every layer that holds data of people; the register itself is always one.
    """

    def __init__(self, db: Database, clock: Clock, holders: Sequence[Holder] = ()) -> None:
        self._db = db
        self._clock = clock
        self._holders: tuple[Holder, ...] = (PeopleHolder(), *holders)
        self._outside: list[Callable[[], Awaitable[None]]] = []

    def holds_outside(self, forget: Callable[[], Awaitable[None]]) -> None:
        """People are kept outside of the database (files waiting to be fetched): `forget` lets go of them."""
        self._outside.append(forget)

    async def forgotten(self) -> None:
        """After the commit of an erasure: what was deleted leaves the disk as well."""
        for forget in self._outside:
            await forget()
        await self._db.forget_deleted()

    async def looks(self, actor: Actor, attendee_id: int) -> list[Look]:
        """Who was shown this person, alone or on a list, newest first; needs `PERSON_VIEW` at the unit."""
        async with self._db.reading() as tx:
            await store.visible_person(tx, actor, attendee_id)
            return await looks.of_person(tx, await entries_of(tx, attendee_id), LOOKS_MAX)

    async def export(self, actor: Actor, attendee_id: int) -> dict[str, Any]:
        """Everything held of a person, to be handed to them, ready for JSON; needs `PERSON_EDIT`.

        What was held of entries merged into this one is part of it. That it was exported is written down.
        """
        now = self._clock.now()
        async with self._db.transaction() as tx:
            person = await store.visible_person(tx, actor, attendee_id)
            require(actor, Permission.PERSON_EDIT, person.unit_path)
            held: dict[str, list[dict[str, Any]]] = {}
            for one in await entries_of(tx, attendee_id):
                for holder in self._holders:
                    for subject, lines in (await holder.export(tx, one)).items():
                        held.setdefault(subject, []).extend(lines)
            await looks.note(tx, actor, "export", [attendee_id], now)
            record(tx, actor, "people:person:export", "person", attendee_id, now, path=person.unit_path)
        found: dict[str, Any] = plain({"person_id": attendee_id, "exported_at": now, **held})
        return found

    async def erase(self, actor: Actor, attendee_id: int, reason: str, *, typed_name: str) -> Person:
        """The person goes, the figures stay; needs `PERSON_ERASE` at the unit, and cannot be undone.

        Raises `PersonNotFound`, `Forbidden`, `PersonErased`, `PersonMerged`, `ErasureUnconfirmed` where
        `typed_name` is not the person's, and what is wrong with the reason. The audit row says who erased
        which number, and why.
        """
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await tx.alone("people.person")
            person, _ = await editable(tx, actor, attendee_id, Permission.PERSON_ERASE)
            checks = Checks()
            cleaned = checks.take(lambda: clean_reason(reason), "")
            checks.take(lambda: _check_typed(typed_name, person.name), None)
            checks.finish()
            called = await self.called(tx, [attendee_id])
            await self.forget(tx, attendee_id, now)
            record(tx, actor, "people:person:erase", "person", attendee_id, now,
                   path=person.unit_path, reason=cleaned)  # fmt: skip
            await tx.flush()
            await forget_names(tx, called)
            erased = await store.visible_person(tx, actor, attendee_id)
        await self.forgotten()
        return erased

    async def called(self, tx: Tx, attendee_ids: Collection[int]) -> list[str]:
        """What names these people, under every entry, in the audit trail: read before they are forgotten."""
        entries = await entries_of_all(tx, attendee_ids)
        return [text for holder in self._holders for text in await holder.called(tx, entries) if text]

    async def forget(self, tx: Tx, attendee_id: int, now: datetime) -> None:
        """Erase a person and every entry merged into them, in every layer; no rights checked. The register
        comes last: the others look up there what the person is called. What they are called is taken out of
        the audit trail by the caller (`called`)."""
        for one in await entries_of(tx, attendee_id):
            for holder in reversed(self._holders):
                await holder.erase(tx, one, now)


def _check_typed(typed: str, name: str) -> None:
    if unicodedata.normalize("NFC", " ".join(typed.split())).casefold() != name.casefold():
        raise ErasureUnconfirmed(field="typed_name")
