"""Writing the audit trail inside somebody's transaction, and reading it by branch."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, String, Text, and_, cast, desc, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from confhub.access.rules import ROOT_PATH, Actor, branch_filter, require_anywhere
from confhub.audit.actions import ACTIONS
from confhub.audit.models import AuditRow
from confhub.db.database import Database, Tx
from confhub.kernel.limits import PAGE_SIZE, PAGE_SIZE_MAX
from confhub.kernel.permissions import Permission

asked_from: ContextVar[str] = ContextVar("asked_from", default="")
"""The address that the present request comes from; the door sets it, `record` writes it down."""

ADDRESS_MAX_CHARS = 64
"""An IPv6 address with its zone."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change as it was written down. `actor_name`: what whoever did it was called then; `actor_today`:
    what the account is called now, where that differs."""

    id: int
    at: datetime
    actor_id: int | None
    actor_name: str
    actor_today: str
    action: str
    subject: str
    subject_id: str
    subject_name: str | None
    address: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody looks for: `text` in who did it, on what and in the details, or one of `actions`."""

    text: str
    actions: frozenset[str] = frozenset()


Called = tuple[InstrumentedAttribute[Any], InstrumentedAttribute[str]]
"""The columns with a number and with what it is called today."""

Named = Mapping[str, Called]
"""Subject → the columns with its number and with what it is called today."""


def record(
    tx: Tx,
    actor: Actor,
    action: str,
    subject: str,
    subject_id: int | str,
    at: datetime,
    *,
    path: str = ROOT_PATH,
    **details: object,
) -> None:
    """Add one audit row to `tx`: `action` on `subject` number `subject_id`.

    `action` is one of `ACTIONS`; `path` is the branch it happened in (by default the whole house).
    The address is the present request's.
    `details` are what changed, made JSON; secrets never go in.
    """
    assert action in ACTIONS, f"{action} has no words that a reader of the trail could read"
    tx.add(
        AuditRow(
            at=at,
            actor_id=actor.account_id,
            actor_name=actor.name,
            action=action,
            subject=subject,
            subject_id=str(subject_id),
            path=path,
            address=asked_from.get()[:ADDRESS_MAX_CHARS],
            details={name: _plain(value) for name, value in details.items()},
        )
    )


async def forget_addresses(tx: Tx, before: datetime) -> None:
    """Empty the addresses of entries older than that; the entries stay."""
    a = AuditRow
    await tx.execute(
        update(a)
        .where(a.at < before, a.address != "")
        .values(address="")
        .execution_options(synchronize_session=False)
    )


@dataclass(frozen=True, slots=True)
class Deed:
    """An entry for those who follow the trail: what was done on what, and in which branch."""

    id: int
    at: datetime
    action: str
    subject: str
    subject_id: str
    path: str


async def deeds_since(tx: Tx, actions: Collection[str], since: datetime, limit: int) -> list[Deed]:
    """Entries of these actions written after `since`, the oldest ones, in their order."""
    a = AuditRow
    query = (
        select(a.id, a.at, a.action, a.subject, a.subject_id, a.path)
        .where(a.at > since, a.action.in_(actions))
        .order_by(a.at, a.id)
        .limit(limit)
    )
    return [Deed(*row) for row in await tx.execute(query)]


async def last_deeds(
    tx: Tx, subject: str, subject_ids: Collection[str], since: datetime
) -> dict[str, datetime]:
    """Of these subjects, when each was last written about after `since`."""
    a = AuditRow
    wanted = sorted(subject_ids)
    found: dict[str, datetime] = {}
    for at in range(0, len(wanted), 500):
        query = (
            select(a.subject_id, func.max(a.at))
            .where(a.subject == subject, a.subject_id.in_(wanted[at : at + 500]), a.at > since)
            .group_by(a.subject_id)
        )
        found |= {row[0]: row[1] for row in await tx.execute(query)}
    return found


def _plain(value: object) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


class AuditService:
    """Reading the trail, newest first, within the reader's branches."""

    def __init__(self, db: Database, named: Named, actors: Called) -> None:
        """`actors`: the accounts, whose names of the day stand in the trail."""
        self._db = db
        self._named = named
        self._actors = actors

    async def entries(
        self,
        actor: Actor,
        *,
        subject: str | None = None,
        subject_id: int | str | None = None,
        action: str | None = None,
        who: str | None = None,
        by: int | None = None,
        search: Search | None = None,
        before_id: int | None = None,
        limit: int = PAGE_SIZE,
    ) -> list[AuditEntry]:
        """Up to `limit` entries older than `before_id`, newest first; needs `AUDIT_VIEW` somewhere.

        `action`: a key of `ACTIONS`; `who`: the whole name of whoever did it, as it was then; `by`: the
        account's number, under whatever name.
        """
        require_anywhere(actor, Permission.AUDIT_VIEW)
        query = (
            select(AuditRow)
            .where(branch_filter(actor, Permission.AUDIT_VIEW, AuditRow.path))
            .order_by(desc(AuditRow.id))
            .limit(min(max(limit, 1), PAGE_SIZE_MAX))
        )
        if subject is not None:
            query = query.where(AuditRow.subject == subject)
        if subject_id is not None:
            query = query.where(AuditRow.subject_id == str(subject_id))
        if action is not None:
            query = query.where(AuditRow.action == action)
        if who is not None:
            query = query.where(AuditRow.actor_name == who)
        if by is not None:
            query = query.where(AuditRow.actor_id == by)
        if search is not None:
            query = query.where(self._found(search))
        if before_id is not None:
            query = query.where(AuditRow.id < before_id)
        async with self._db.reading() as tx:
            rows = (await tx.scalars(query)).all()
            names = await self._names(tx, rows)
            today = await _called(tx, self._actors, {r.actor_id for r in rows if r.actor_id is not None})
        return [
            AuditEntry(
                r.id, r.at, r.actor_id, r.actor_name, _changed(r, today), r.action, r.subject, r.subject_id,
                names.get((r.subject, r.subject_id)), r.address, r.details,
            )
            for r in rows
        ]  # fmt: skip

    def _found(self, search: Search) -> ColumnElement[bool]:
        """The rows that `search` finds."""
        a, text = AuditRow, search.text
        said = cast(a.details, Text)
        return or_(
            a.action.in_(search.actions),
            a.actor_name.icontains(text, autoescape=True),
            a.actor_id.in_(select(self._actors[0]).where(self._actors[1].icontains(text, autoescape=True))),
            a.subject_id.icontains(text, autoescape=True),
            *(said.icontains(form, autoescape=True) for form in {text, json.dumps(text)[1:-1]}),
            *(
                and_(
                    a.subject == subject,
                    a.subject_id.in_(
                        select(cast(number, String)).where(name.icontains(text, autoescape=True))
                    ),
                )
                for subject, (number, name) in self._named.items()
            ),
        )

    async def _names(self, tx: Tx, rows: Sequence[AuditRow]) -> dict[tuple[str, str], str]:
        """What the rows' subjects are called today, by (subject, number)."""
        found: dict[tuple[str, str], str] = {}
        for subject, columns in self._named.items():
            ids = (row.subject_id for row in rows if row.subject == subject)
            wanted = {int(one) for one in ids if one.isdigit()}
            for number, called in (await _called(tx, columns, wanted)).items():
                found[subject, str(number)] = called
        return found


async def _called(tx: Tx, columns: Called, wanted: Collection[int]) -> dict[int, str]:
    """Number → today's name, of those that are there."""
    number, name = columns
    rows = await tx.execute(select(number, name).where(number.in_(wanted))) if wanted else ()
    return {row[0]: row[1] for row in rows}


def _changed(row: AuditRow, today: Mapping[int, str]) -> str:
    """Today's name of whoever did it, where it is another one."""
    name = today.get(row.actor_id, "") if row.actor_id is not None else ""
    return "" if name == row.actor_name else name
