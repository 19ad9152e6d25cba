"""What lists hold of a person: exported, erased by `people.holding.Holder`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update

from confhub.audit import marks
from confhub.db.database import Tx
from confhub.people.holding import lines
from confhub.registry.published import RoomColumns
from confhub.rosters.freezing import NAMES
from confhub.rosters.models import AbsenceNotice, FrozenPerson, RosterEntry, SessionAttendee
from confhub.sessions.published import SessionColumns


def attended() -> Select[int, datetime]:
    """(attendee id, start of a session that they belonged to): what retention counts from."""
    return select(SessionAttendee.attendee_id, SessionColumns.starts_at).join(
        *SessionColumns.of(SessionAttendee.session_id)
    )


async def usual_rooms(tx: Tx, attendee_ids: Collection[int]) -> list[str]:
    """Names of the rooms where a person with these entries is expected unless a session or course says
    otherwise, in order."""
    entry = RosterEntry
    names = await tx.scalars(
        select(RoomColumns.name)
        .join(entry, entry.endpoint_id == RoomColumns.id)
        .where(entry.attendee_id.in_(attendee_ids), entry.session_id.is_(None), entry.course_id.is_(None))
        .order_by(RoomColumns.sort_key)
    )
    return list(dict.fromkeys(names))


class RosterHolder:
    """Lists, the names on them, and notices of absence."""

    async def export(self, tx: Tx, attendee_id: int) -> dict[str, list[dict[str, Any]]]:
        """Every line, with the names of rooms."""
        entry, frozen, notice, room = RosterEntry, FrozenPerson, AbsenceNotice, RoomColumns
        queries: dict[str, Any] = {
            "rosters": select(
                room.name.label("room"), entry.session_id, entry.course_id, entry.excluded, entry.created_at,
            ).join(*room.of(entry.endpoint_id)).where(entry.attendee_id == attendee_id),
            "names_on_lists": select(frozen.code, frozen.name, frozen.position)
            .where(frozen.attendee_id == attendee_id)
            .order_by(frozen.id),
            "absences": select(
                notice.session_id, notice.reason, notice.state, notice.entered_at, notice.entered_by,
                notice.decided_at, notice.decided_by, notice.note,
            )
            .where(notice.attendee_id == attendee_id)
            .order_by(notice.id),
        }  # fmt: skip
        return {subject: await lines(tx, query) for subject, query in queries.items()}

    async def called(self, tx: Tx, attendee_ids: Collection[int]) -> list[str]:
        """Names as of the days of their sessions."""
        f = FrozenPerson
        return list(await tx.scalars(select(f.name).where(f.attendee_id.in_(attendee_ids)).distinct()))

    async def erase(self, tx: Tx, attendee_id: int, now: datetime) -> None:
        """Free texts go; of the names on lists stay the marks that seals hold."""
        notices = update(AbsenceNotice).where(AbsenceNotice.attendee_id == attendee_id)
        await tx.execute(notices.values(reason="", note=None).execution_options(synchronize_session=False))
        for one in await tx.scalars(select(FrozenPerson).where(FrozenPerson.attendee_id == attendee_id)):
            one.mark = one.mark or marks.mark_of_person(one.salt, [getattr(one, name) for name in NAMES])
            one.code, one.name, one.position, one.sort_key, one.search_key = None, "", None, "~", ""
            one.salt = ""
        await tx.flush()
