"""What a change of a session's rules would do to its figures, before it does it."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

from confhub.checkin import deriving, inputs
from confhub.checkin.errors import FiguresWouldChange
from confhub.checkin.figures import PersonFigures, SessionPeople, Status
from confhub.checkin.inputs import Inputs
from confhub.checkin.values import Policy
from confhub.db.database import Tx
from confhub.sessions.values import SessionInput

MARGINS: Final = ("late_min", "left_early_min", "by_plan", "length_min")
"""Fields of a session's form that figures follow."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Over all people of a session; `late_rooms`: over its rooms."""

    minutes: int
    completed: int
    late: int
    left_early: int
    late_rooms: int


async def check_policy(tx: Tx, session_id: int, policy: Policy, now: datetime) -> None:
    """Raise `FiguresWouldChange` where something counts otherwise under `policy`, in a session that has
    begun."""
    before = await inputs.rules_set(tx, session_id)
    if before == (policy.prompts_count, policy.complete_percent, policy.unconnected_counts):
        return
    found = await inputs.read(tx, session_id, now)
    if found is not None and found.actual_start is not None:
        other = replace(
            found,
            prompts_cut=policy.prompts_count,
            complete_percent=policy.complete_percent,
            unconnected_counts=policy.unconnected_counts,
        )
        await asyncio.to_thread(_compare, found, other)


async def check_margins(tx: Tx, session: Any, wanted: SessionInput, now: datetime) -> None:
    """Raise `FiguresWouldChange` where somebody, or a room, is late or gone early otherwise by the form's
    margins, in a session that has begun. The row has them afterwards: its caller stores or forgets them."""
    if all(getattr(session, name) == getattr(wanted, name) for name in MARGINS):
        return
    found = await inputs.read(tx, session.id, now)
    for name in MARGINS:
        setattr(session, name, getattr(wanted, name))
    await tx.flush()
    other = await inputs.read(tx, session.id, now)
    if found is not None and other is not None and found.actual_start is not None:
        await asyncio.to_thread(_compare, found, other)


def _compare(found: Inputs, other: Inputs) -> None:
    before, after = deriving.people_of(found), deriving.people_of(other)
    people = sum(_counts(old) != _counts(new) for old, new in zip(before.people, after.people, strict=True))
    old, new = _sums(found, before), _sums(other, after)
    if people or old != new:
        told = {f"{name}_before": value for name, value in asdict(old).items()}
        told |= {f"{name}_after": value for name, value in asdict(new).items()}
        raise FiguresWouldChange(people=people, **told)


def _sums(found: Inputs, people: SessionPeople) -> Sums:
    status = Counter(one.status for one in people.people)
    return Sums(
        sum(one.millis for one in people.people) // 60_000,
        sum(one.completed for one in people.people),
        status[Status.LATE] + status[Status.LATE_LEFT_EARLY],
        status[Status.LEFT_EARLY] + status[Status.LATE_LEFT_EARLY],
        sum(room.late for room in found.attendance.rooms.values()),
    )


def _counts(one: PersonFigures) -> tuple[object, ...]:
    return one.millis, one.status, one.completed
