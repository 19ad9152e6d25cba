"""What a report on people reads: rooms' totals, persons, spans. Inside somebody's transaction.

Over: from the derived tables. Before and while live: from the session's list and the newest head counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, case, func, select

from confhub.checkin import same
from confhub.checkin import store as checkin
from confhub.checkin import store as checkin_store
from confhub.checkin.models import (
    CheckinPolicy,
    Correction,
    DerivedState,
    HeadCount,
    PresencePrompt,
    RoomTotals,
)
from confhub.checkin.values import Policy
from confhub.db.database import Tx
from confhub.reports.people.model import PeopleFigures
from confhub.rosters.models import AbsenceNotice, SessionAttendee, SessionRoster
from confhub.rosters.store import GUEST, effective
from confhub.sessions.published import PlaceColumns

IDS_AT_ONCE = 2_000
"""Ids in one IN list."""


class RoomLine(NamedTuple):
    """One room's figures as they were read. `heads`: None, never declared."""

    heads: int | None
    room_millis: int
    figures: PeopleFigures


class Derived(NamedTuple):
    """Whether the session's figures were derived, and nothing came in since."""

    there: bool
    fresh: bool


async def derived(tx: Tx, session_id: int) -> Derived:
    """How the session's derived figures stand."""
    stale = await tx.scalar(select(DerivedState.stale).where(DerivedState.session_id == session_id))
    return Derived(stale is not None, stale is False)


class PolicyLine(NamedTuple):
    """What of a session's policy a report states. `prompts`: those that have opened."""

    complete_percent: int
    prompts_count: bool
    unconnected_counts: bool
    prompts: int


async def policy(tx: Tx, session_id: int, now: datetime) -> PolicyLine:
    """What counts in the session; the defaults where nobody chose."""
    p, q = CheckinPolicy, PresencePrompt
    query = select(p.complete_percent, p.prompts_count, p.unconnected_counts)
    row = (await tx.execute(query.where(p.session_id == session_id))).one_or_none()
    opened = select(func.count()).where(q.session_id == session_id, q.opens_at <= now)
    number, default = await tx.scalar(opened) or 0, Policy()
    if row is None:
        return PolicyLine(default.complete_percent, default.prompts_count, default.unconnected_counts, number)
    return PolicyLine(row[0], row[1], row[2], number)


async def settled_rooms(tx: Tx, session_id: int) -> dict[int, RoomLine]:
    """The rooms' totals as they were derived."""
    t = RoomTotals
    rows = await tx.scalars(select(t).where(t.session_id == session_id))
    return {row.endpoint_id: _settled(row) for row in rows}


def _settled(row: RoomTotals) -> RoomLine:
    return RoomLine(
        row.heads,
        row.room_millis,
        PeopleFigures(
            rooms=1,
            connected=int(row.connected),
            heads_rooms=int(row.heads is not None),
            checked_rooms=int(row.checked_in > 0),
            heads=row.heads or 0,
            expected=row.expected,
            checked_in=row.checked_in,
            guests=row.guests,
            on_time=row.on_time,
            late=row.late,
            left_early=row.left_early,
            with_leave=row.with_leave,
            without_leave=row.without_leave,
            completed=row.completed,
            person_millis=row.person_millis,
            unconnected=row.unconnected,
            unanswered=row.unanswered,
            unconnected_millis=row.unconnected_millis,
            prompt_millis=row.prompt_millis,
        ),
    )


async def moving_rooms(tx: Tx, session_id: int, now: datetime) -> dict[int, RoomLine]:
    """The rooms as they stand now, of a session whose figures were not derived yet."""
    people = await _moving_people(tx, session_id)
    heads = await _heads(tx, session_id)
    silent = await checkin.unanswered(tx, session_id, now)
    e = PlaceColumns
    rows = await tx.execute(
        select(e.endpoint_id, e.connection).where(e.session_id == session_id, e.removed_at.is_(None))
    )
    found = {}
    for endpoint_id, connection in rows:
        told = people.get(endpoint_id, {})
        found[endpoint_id] = RoomLine(
            heads.get(endpoint_id),
            0,
            PeopleFigures(
                rooms=1,
                connected=int(connection is not None),
                heads_rooms=int(endpoint_id in heads),
                checked_rooms=int(told.get("checked_in", 0) > 0),
                heads=heads.get(endpoint_id, 0),
                unanswered=silent.get(endpoint_id, 0),
                **told,
            ),
        )
    return found


async def _moving_people(tx: Tx, session_id: int) -> dict[int, dict[str, int]]:
    frozen = await tx.scalar(select(SessionRoster.session_id).where(SessionRoster.session_id == session_id))
    if frozen is None:
        listed = effective(session_id).subquery()
        rows = await tx.execute(select(listed.c.endpoint_id, func.count()).group_by(listed.c.endpoint_id))
        return {endpoint_id: {"expected": count} for endpoint_id, count in rows}
    a, n = SessionAttendee, AbsenceNotice
    expected = and_(a.origin != GUEST, a.removed_at.is_(None))
    came = a.state != "expected"
    leave = and_(expected, ~came, n.id.is_not(None))
    rows = await tx.execute(
        select(
            a.endpoint_id,
            _count(expected).label("expected"),
            _count(came).label("checked_in"),
            _count(and_(came, ~expected)).label("guests"),
            _count(a.state == "in").label("present"),
            _count(leave).label("with_leave"),
        )
        .outerjoin_from(
            a,
            n,
            and_(n.session_id == session_id, n.attendee_id == a.attendee_id, n.state == "approved"),
        )
        .where(a.session_id == session_id)
        .group_by(a.endpoint_id)
    )
    names = ("expected", "checked_in", "guests", "present", "with_leave")
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}


def _count(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


async def _heads(tx: Tx, session_id: int) -> dict[int, int]:
    h = HeadCount
    rows = await tx.execute(
        select(h.endpoint_id, h.people)
        .where(h.session_id == session_id, checkin_store.heads_stand())
        .order_by(h.at, h.id)
    )
    return {row[0]: row[1] for row in rows}


async def corrections(
    tx: Tx, session_id: int, people: Iterable[int], known: Mapping[int, int]
) -> Mapping[int, list[Correction]]:
    """The corrections of these people, oldest first, whichever of their entries they name. `known`: as
    `same.standing` gives it."""
    found: dict[int, list[Correction]] = {}
    shown = {known.get(one, one): one for one in people}
    wanted = sorted(same.everybody(shown.values(), known))
    for start in range(0, len(wanted), IDS_AT_ONCE):
        rows = await tx.scalars(
            select(Correction)
            .where(
                Correction.session_id == session_id,
                Correction.attendee_id.in_(wanted[start : start + IDS_AT_ONCE]),
            )
            .order_by(Correction.id)
        )
        for row in rows:
            person = known.get(row.attendee_id, row.attendee_id)
            found.setdefault(shown[person], []).append(row)
    return found
