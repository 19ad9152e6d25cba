"""What the people of a session were called on its day: frozen with the list, later ones when they are added.

A report of a session takes its people's names, codes and positions from here, never from the register, which
goes on changing. Inside somebody's transaction; no rights checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, String, cast, exists, func, literal, select, update

from confhub.db.database import Tx
from confhub.people.published import PersonColumns
from confhub.rosters.models import FrozenPerson, SessionAttendee
from confhub.sessions import freezing

IDS_AT_ONCE: Final = 2_000
"""Ids in one IN list."""
NAMES: Final = ("code", "name", "position", "sort_key", "search_key")
"""The columns of a person that are frozen, alike in the register and here."""


async def freeze(tx: Tx, session_id: int, now: datetime) -> None:
    """Freeze what is not yet of a session's people, rooms and units."""
    await freezing.freeze(tx, session_id, now)
    await freeze_people(tx, session_id, now)


async def freeze_people(tx: Tx, session_id: int, now: datetime, ids: Iterable[int] | None = None) -> None:
    """Freeze those on the list who are not yet, and their units. `ids`: look at these alone."""
    a = SessionAttendee
    of_session = a.session_id == session_id
    missing = [of_session, a.frozen_id.is_(None)]
    if ids is None:
        await _people(tx, missing)
        own = select(a.unit_id).where(of_session).distinct()
        await freezing.units(tx, session_id, now, await tx.scalars(own))
        return
    wanted = sorted(set(ids))
    units: set[int] = set()
    for start in range(0, len(wanted), IDS_AT_ONCE):
        these = a.attendee_id.in_(wanted[start : start + IDS_AT_ONCE])
        await _people(tx, [*missing, these])
        units |= set(await tx.scalars(select(a.unit_id).where(of_session, these)))
    await freezing.units(tx, session_id, now, units)


async def _people(tx: Tx, missing: Sequence[ColumnElement[bool]]) -> None:
    """Two statements, whatever the size: people whose like is not there yet, then everybody's row."""
    a, f, p = SessionAttendee, FrozenPerson, PersonColumns
    alike: list[Any] = [getattr(f, name).is_not_distinct_from(getattr(p, name)) for name in NAMES]
    alike.append(f.mark == "")  # an erased person's row is like nobody's
    new = (
        select(p.id, *(getattr(p, name) for name in NAMES), _salt(tx), literal(""))
        .join(a, a.attendee_id == p.id)
        .where(*missing, ~exists().where(f.attendee_id == p.id, *alike))
    )
    into = [f.attendee_id, *(getattr(f, name) for name in NAMES), f.salt, f.mark]
    await tx.execute(tx.upsert(f).from_select(into, new))
    newest = (
        select(func.max(f.id))
        .join(*p.of(f.attendee_id))
        .where(f.attendee_id == a.attendee_id, *alike)
        .correlate(a)
        .scalar_subquery()
    )
    await tx.execute(
        update(a).where(*missing).values(frozen_id=newest).execution_options(synchronize_session=False)
    )


def _salt(tx: Tx) -> ColumnElement[str]:
    """32 hexadecimal digits, drawn by the database for each row."""
    if tx.get_bind().dialect.name == "sqlite":
        return func.lower(func.hex(func.randomblob(16)))
    return func.replace(cast(func.gen_random_uuid(), String), "-", "")
