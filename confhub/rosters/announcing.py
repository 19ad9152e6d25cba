"""Absences that a unit announces for its rooms: notices like others, which an officer decides; no rights
checked."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from confhub.db.base import as_written
from confhub.db.database import Tx
from confhub.rosters import store
from confhub.rosters.models import AbsenceNotice
from confhub.rosters.reading import listed
from confhub.rosters.values import Scope
from confhub.sessions.facts import session_facts

PENDING, WITHDRAWN = "pending", "withdrawn"


async def announce(
    tx: Tx, session_id: int, rooms: Collection[int], reason: str, by: str, now: datetime
) -> int:
    """A notice to be decided for everybody expected in these rooms who has none; how many. `by`: who
    announced it, in words. AttendanceSealed, SessionCancelled."""
    (await session_facts(tx, session_id, lock=True)).require_unsealed()
    found, n = listed(Scope(session_id), await store.is_frozen(tx, session_id)), AbsenceNotice
    told = select(n.attendee_id).where(n.session_id == session_id, n.state != as_written(WITHDRAWN))
    query = select(found.c.attendee_id).where(
        found.c.endpoint_id.in_(rooms),
        found.c.removed_at.is_(None),
        found.c.origin != store.GUEST,
        found.c.attendee_id.not_in(told),
    )
    people = sorted(set(await tx.scalars(query)))
    tx.add_all(
        [
            n(
                session_id=session_id, attendee_id=person, reason=reason, entered_at=now, entered_by=by,
                state=PENDING,
            )
            for person in people
        ]
    )  # fmt: skip
    await tx.flush()
    for at in range(0, len(people), store.TOUCH_AT_ONCE):
        await store.touch(tx, session_id, people[at : at + store.TOUCH_AT_ONCE])
    return len(people)


async def take_back(tx: Tx, session_id: int, by: str, now: datetime) -> int:
    """The notices that `by` announced and nobody decided yet are withdrawn; how many."""
    n = AbsenceNotice
    query = select(n).where(n.session_id == session_id, n.entered_by == by, n.state == as_written(PENDING))
    rows = list(await tx.scalars(query))
    for row in rows:
        row.state, row.decided_at, row.decided_by = WITHDRAWN, now, by
    await tx.flush()
    people = [row.attendee_id for row in rows]
    for at in range(0, len(people), store.TOUCH_AT_ONCE):
        await store.touch(tx, session_id, people[at : at + store.TOUCH_AT_ONCE])
    return len(rows)
