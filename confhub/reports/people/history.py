"""The sessions and certificates of one person, for their record."""

from __future__ import annotations

from dataclasses import dataclass

from confhub.access.rules import Actor, allows
from confhub.checkin.holding import AttendedSession, sessions_of
from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.kernel.permissions import Permission
from confhub.people import store
from confhub.people.holding import entries_of
from confhub.people.looks import LookBook
from confhub.rosters.holding import usual_rooms
from confhub.training.holding import HeldCertificate, certificates_of


@dataclass(frozen=True, slots=True)
class PersonHistory:
    """`room_name`: where the person is expected unless a session or course says otherwise."""

    room_name: str
    sessions: tuple[AttendedSession, ...]
    certificates: tuple[HeldCertificate, ...]


class HistoryService:
    """The sessions and certificates of one person, for their record."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._looks = LookBook(db, clock)

    async def of(self, actor: Actor, attendee_id: int) -> PersonHistory | None:
        """None for those who may read the record and not the reports. Raises `PersonNotFound`."""
        async with self._db.reading() as tx:
            person = await store.visible_person(tx, actor, attendee_id)
            if not allows(actor, Permission.REPORT_PEOPLE, person.unit_path):
                return None
            ids = await entries_of(tx, attendee_id)
            rooms, sessions = await usual_rooms(tx, ids), await sessions_of(tx, ids)
            found = PersonHistory(" · ".join(rooms), sessions, await certificates_of(tx, ids))
        await self._looks.told(actor, "history", [attendee_id])
        return found
