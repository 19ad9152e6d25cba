"""Live figures of a session's check-in, by room and by tier: no attendance's truth, which is derived."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from confhub.access.rules import Actor, branch_filter
from confhub.checkin import same, store
from confhub.checkin.models import HeadCount
from confhub.checkin.values import LiveTotals, RoomCount, TierTotals
from confhub.db.database import Tx
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import EndpointId, SessionId, UnitId
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.org.store import tiers_by_id
from confhub.registry.published import RoomColumns
from confhub.rosters import store as rosters
from confhub.rosters.models import SessionAttendee
from confhub.sessions import store as sessions
from confhub.sessions.errors import SessionUnknown
from confhub.sessions.published import PlaceColumns, SessionColumns
from confhub.sessions.values import RoomState

Kind = tuple[str, str, bool]
"""(state, origin, removed) of an entry on the session's list."""


async def totals(tx: Tx, actor: Actor, session_id: SessionId, now: datetime) -> LiveTotals:
    """Rooms of the branches where the actor holds `REPORT_VIEW`. Raises SessionUnknown, Forbidden."""
    found = (
        await tx.execute(
            sessions.session_query().where(SessionColumns.id == session_id, sessions.visible_to(actor))
        )
    ).first()
    if found is None:
        raise SessionUnknown(field="session_id")
    session = found[0]
    rooms = await _rooms(tx, actor, session_id)
    if not rooms:
        raise Forbidden(permission=Permission.REPORT_VIEW.value)
    counts = await _people(tx, session_id)
    heads = await _heads(tx, session_id)
    silent = await store.unanswered(tx, session_id, now) if session.actual_end is None else {}
    lines = tuple(
        replace(_count(room, counts, heads), unanswered=silent.get(room.endpoint_id, 0)) for room in rooms
    )
    tiers = await tiers_by_id(tx)
    by_tier: dict[int, list[RoomCount]] = defaultdict(list)
    for line in lines:
        by_tier[line.tier_id].append(line)
    return LiveTotals(
        now,
        session_id,
        session.state,
        session.sealed_at is not None,
        lines,
        tuple(
            _sum(by_tier[tier_id], tier_id, tier.name, tier.name_en)
            for tier_id, tier in tiers.items()
            if by_tier.get(tier_id)
        ),
        _sum(lines, None, "", ""),
    )


async def _rooms(tx: Tx, actor: Actor, session_id: int) -> list[Any]:
    e = PlaceColumns
    return list(
        await tx.execute(
            select(
                e.endpoint_id, RoomColumns.code, RoomColumns.name, e.unit_id, UnitColumns.name,
                UnitColumns.path, UnitColumns.tier_id, e.state,
            )
            .join(*RoomColumns.of(e.endpoint_id))
            .join(*UnitColumns.of(e.unit_id))
            .where(e.session_id == session_id, e.removed_at.is_(None))
            .where(branch_filter(actor, Permission.REPORT_VIEW, UnitColumns.path))
            .order_by(UnitColumns.path, RoomColumns.sort_key, e.endpoint_id)
        )
    )  # fmt: skip


async def _people(tx: Tx, session_id: int) -> dict[int, Counter[Kind]]:
    """Room → (state, origin, removed) → people."""
    a = SessionAttendee
    removed = a.removed_at.is_not(None)
    rows = await tx.execute(
        select(a.endpoint_id, a.state, a.origin, removed, func.count())
        .where(a.session_id == session_id)
        .group_by(a.endpoint_id, a.state, a.origin, removed)
    )
    counts: dict[int, Counter[Kind]] = defaultdict(Counter)
    for endpoint_id, state, origin, gone, people in rows:
        counts[endpoint_id][state, origin, bool(gone)] = people
    if merged := await same.standing(tx, session_id):
        listed = a.attendee_id.in_({*merged, *merged.values()})
        query = select(a).where(a.session_id == session_id, listed).order_by(a.attendee_id)
        entries = list(await tx.scalars(query))
        _unite(counts, entries, same.leading({one.attendee_id for one in entries}, merged))
    return counts


def _unite(
    counts: dict[int, Counter[Kind]], entries: Iterable[SessionAttendee], lead: Mapping[int, int]
) -> None:
    """Several entries of one person count once, where `same.weight` says, in the state that the newest event
    left."""
    persons: dict[int, list[SessionAttendee]] = defaultdict(list)
    for one in entries:
        if one.attendee_id in lead:
            persons[lead[one.attendee_id]].append(one)
    for own in persons.values():
        for one in own:
            counts[one.endpoint_id][one.state, one.origin, one.removed_at is not None] -= 1
        place = sorted(own, key=lambda one: same.weight(one, lead))[-1]
        newest = max(own, key=lambda one: (one.state_at is not None, one.state_at or one.added_at))
        counts[place.endpoint_id][newest.state, place.origin, place.removed_at is not None] += 1


async def _heads(tx: Tx, session_id: int) -> dict[int, tuple[int, datetime]]:
    """Room → its newest head count."""
    h = HeadCount
    place = func.row_number().over(partition_by=h.endpoint_id, order_by=(h.at.desc(), h.id.desc()))
    ranked = (
        select(h.endpoint_id, h.people, h.at, place.label("place"))
        .where(h.session_id == session_id, store.heads_stand())
        .subquery()
    )
    rows = await tx.execute(
        select(ranked.c.endpoint_id, ranked.c.people, ranked.c.at).where(ranked.c.place == 1)
    )
    return {endpoint_id: (people, at) for endpoint_id, people, at in rows}


def _count(
    room: Any, counts: Mapping[int, Mapping[Kind, int]], heads: dict[int, tuple[int, datetime]]
) -> RoomCount:
    endpoint_id, code, name, unit_id, unit_name, path, tier_id, state = room
    expected = present = came = guests = 0
    for (at, origin, removed), people in counts.get(endpoint_id, {}).items():
        if origin == rosters.GUEST:
            guests += people if not removed or at != "expected" else 0  # all of them was taken back
        elif not removed:
            expected += people
        present += people if at == "in" else 0
        came += people if at != "expected" else 0
    told = heads.get(endpoint_id)
    return RoomCount(
        EndpointId(endpoint_id),
        code,
        name,
        UnitId(unit_id),
        unit_name,
        path,
        tier_id,
        expected,
        present,
        came,
        guests,
        told[0] if told else None,
        told[1] if told else None,
        state == RoomState.JOINED.value,
    )


def _sum(lines: Iterable[RoomCount], tier_id: int | None, name: str, name_en: str) -> TierTotals:
    rooms = list(lines)
    return TierTotals(
        tier_id,
        name,
        name_en,
        len(rooms),
        sum(room.connected for room in rooms),
        sum(room.expected for room in rooms),
        sum(room.present for room in rooms),
        sum(room.came for room in rooms),
        sum(room.guests for room in rooms),
        sum(room.heads or 0 for room in rooms),
        sum(room.heads is not None for room in rooms),
        sum(room.unanswered for room in rooms),
    )
