"""Entries of one person in one session.

Two entries may be found to be one person after both were put on a session's list. From then on they count
there as one. Closed attendance keeps the merges that stood when it was closed, whatever is merged or undone
later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import exists, or_, select

from confhub.checkin.models import AttendanceSeal, Correction, PersonEvent
from confhub.db.database import Tx
from confhub.rosters.models import AbsenceNotice, SessionAttendee
from confhub.rosters.store import GUEST, Expected, merged
from confhub.sessions.facts import is_sealed


async def standing(tx: Tx, session_id: int) -> dict[int, int]:
    """Each merged entry that the session knows → its person: as it is now, or was at the closing."""
    if not await is_sealed(tx, session_id):
        return await now(tx, session_id)
    seal = AttendanceSeal
    kept = select(seal.merges).where(seal.session_id == session_id).order_by(seal.id.desc()).limit(1)
    return dict(await tx.scalar(kept) or ())


async def now(tx: Tx, session_id: int) -> dict[int, int]:
    """As `standing`, whether the attendance is closed or not."""
    chain = merged()

    def told(model: Any) -> Any:
        return exists().where(model.session_id == session_id, model.attendee_id == chain.c.id)

    known = or_(*(told(model) for model in (SessionAttendee, PersonEvent, Correction, AbsenceNotice)))
    return {row.id: row.kept for row in await tx.execute(select(chain.c.id, chain.c.kept).where(known))}


def everybody(of: Collection[int], same: Mapping[int, int]) -> set[int]:
    """These entries, and all others of their persons."""
    persons = {same.get(one, one) for one in of}
    return {*of, *persons, *(entry for entry, person in same.items() if person in persons)}


def leading(entries: Collection[int], same: Mapping[int, int]) -> dict[int, int]:
    """Of persons who have several of these entries: each → the one that stands for all, the person's own, or
    the oldest where that is not among them."""
    groups: dict[int, list[int]] = defaultdict(list)
    for entry in sorted({*same, *same.values()} & set(entries)):
        groups[same.get(entry, entry)].append(entry)
    return {
        entry: person if person in group else group[0]
        for person, group in groups.items()
        if len(group) > 1
        for entry in group
    }


def weight(one: Expected | SessionAttendee, lead: Mapping[int, int]) -> tuple[bool, bool]:
    """Of several entries of one person, in order of number, the last by weight says where it counts: an
    expected one, then the one that leads. Gives whether it is expected, and whether it leads."""
    return one.removed_at is None and one.origin != GUEST, lead.get(one.attendee_id) == one.attendee_id
