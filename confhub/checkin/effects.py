"""What a change of a session's policy would do to its figures, before it does it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from confhub.checkin import deriving, inputs
from confhub.checkin.figures import PersonFigures, SessionPeople
from confhub.checkin.inputs import Inputs
from confhub.checkin.values import Policy
from confhub.db.database import Tx


@dataclass(frozen=True, slots=True)
class PolicyEffect:
    """`people`: whose minutes, status or completion change. Sums over all people, before and after it."""

    people: int
    minutes_before: int
    minutes_after: int
    completed_before: int
    completed_after: int


NOTHING = PolicyEffect(0, 0, 0, 0, 0)


async def of_policy(tx: Tx, session_id: int, policy: Policy, now: datetime) -> PolicyEffect:
    """What counts otherwise under `policy`, in a session that has begun; nothing in any other."""
    before = await inputs.rules_set(tx, session_id)
    if before == (policy.prompts_count, policy.complete_percent, policy.unconnected_counts):
        return NOTHING
    found = await inputs.read(tx, session_id, now)
    if found is None or found.actual_start is None:
        return NOTHING
    return await asyncio.to_thread(_compared, found, policy)


def _compared(found: Inputs, policy: Policy) -> PolicyEffect:
    other = replace(
        found,
        prompts_cut=policy.prompts_count,
        complete_percent=policy.complete_percent,
        unconnected_counts=policy.unconnected_counts,
    )
    before, after = deriving.people_of(found), deriving.people_of(other)
    changed = sum(_counts(old) != _counts(new) for old, new in zip(before.people, after.people, strict=True))
    return PolicyEffect(changed, _minutes(before), _minutes(after), _completed(before), _completed(after))


def _counts(one: PersonFigures) -> tuple[object, ...]:
    return one.millis, one.status, one.completed


def _minutes(found: SessionPeople) -> int:
    return sum(one.millis for one in found.people) // 60_000


def _completed(found: SessionPeople) -> int:
    return sum(one.completed for one in found.people)
