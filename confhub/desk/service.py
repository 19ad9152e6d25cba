"""Use cases of the training officer's desk: what needs attention now, and one click to remind a room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, bindparam, or_, select, update

from confhub.access.rules import Actor, allows, branch_filter, require_anywhere
from confhub.audit.service import record
from confhub.db.database import Database, Tx
from confhub.desk import store
from confhub.desk.errors import NothingToRemind
from confhub.desk.events import RoomReminded
from confhub.desk.models import RoomReminder
from confhub.desk.rules import REMINDABLE, Phase, RoomFacts, needs
from confhub.desk.store import Counts, Room
from confhub.desk.values import DeskRoom, DeskSession, Reminder
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId, SessionId
from confhub.kernel.permissions import Permission
from confhub.kernel.remembered import Remembered
from confhub.org.published import UnitColumns
from confhub.sessions import store as sessions
from confhub.sessions.errors import SessionUnknown
from confhub.sessions.models import MeetingSession, SessionEndpoint
from confhub.sessions.values import SessionState

SESSIONS_MAX: Final = 60
"""Sessions on the desk: a province holds a few a day; older ones are found in the reports."""
AHEAD: Final = timedelta(days=7)
BEHIND: Final = timedelta(days=30)
"""So long after its end a session that was not closed stays on the desk."""
REMIND_AGAIN: Final = timedelta(minutes=2)
"""A room that was reminded a moment ago is not reminded again by a second click."""
REMINDERS_KEPT: Final = timedelta(hours=6)
"""A tablet shows no older ones."""
REMINDED_FOR_S: Final = 5.0
"""So late a room hears of a reminder that another hub gave."""

_PHASES: Final = {
    SessionState.SCHEDULED.value: Phase.AHEAD,
    SessionState.LOBBY.value: Phase.LOBBY,
    SessionState.LIVE.value: Phase.LIVE,
    SessionState.ENDED.value: Phase.OVER,
    SessionState.ARCHIVED.value: Phase.OVER,
}

_NOT_PUT_AWAY: Final = (
    select(RoomReminder.endpoint_id, RoomReminder.id, RoomReminder.what, RoomReminder.at, RoomReminder.by)
    .where(
        RoomReminder.session_id == bindparam("session"),
        RoomReminder.seen_at.is_(None),
        RoomReminder.at > bindparam("since"),
    )
    .order_by(RoomReminder.id)
)


class DeskService:
    """Everything within the branches in which the actor holds `REPORT_PEOPLE`. Reminding needs it as well."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._waiting: Remembered[int, dict[int, dict[str, Reminder]]] = Remembered(
            db.bus, clock, [RoomReminded], for_s=REMINDED_FOR_S, most=SESSIONS_MAX
        )

    async def overview(self, actor: Actor) -> list[DeskSession]:
        """Sessions that run, come within a week, or ended within a month and were not closed."""
        require_anywhere(actor, Permission.REPORT_PEOPLE)
        now = self._clock.now()
        s = MeetingSession
        wanted = or_(
            s.state.in_([SessionState.LOBBY.value, SessionState.LIVE.value]),
            and_(s.state == SessionState.SCHEDULED.value, s.starts_at <= now + AHEAD),
            and_(s.state == SessionState.ENDED.value, s.sealed_at.is_(None), s.actual_end >= now - BEHIND),
        )
        async with self._db.reading() as tx:
            found = await self._sessions(tx, actor, wanted, now)
        return [session for session in found if session.rooms]

    async def session(self, actor: Actor, session_id: SessionId) -> DeskSession:
        """One session, its rooms as the tree is read. Raises SessionUnknown."""
        require_anywhere(actor, Permission.REPORT_PEOPLE)
        async with self._db.reading() as tx:
            return await self._session(tx, actor, session_id)

    async def remind(
        self, actor: Actor, session_id: SessionId, endpoint_ids: Sequence[EndpointId] | None = None
    ) -> int:
        """Remind these rooms, or all that owe something, of what they owe; gives how many rooms were.

        A room reminded within `REMIND_AGAIN` is left alone. Raises NothingToRemind, SessionUnknown.
        Tells `RoomReminded` for each room.
        """
        require_anywhere(actor, Permission.REPORT_PEOPLE)
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await tx.alone(f"desk.reminders.{session_id}")
            session = await self._session(tx, actor, session_id)
            lately = set(
                await tx.scalars(
                    select(RoomReminder.endpoint_id).where(
                        RoomReminder.session_id == session_id, RoomReminder.at > now - REMIND_AGAIN
                    )
                )
            )
            chosen = None if endpoint_ids is None else set(endpoint_ids)
            rooms = [
                room
                for room in session.rooms
                if room.remindable
                and room.endpoint_id not in lately
                and (chosen is None or room.endpoint_id in chosen)
            ]
            if not rooms:
                raise NothingToRemind(field="endpoint")
            for room in rooms:
                for what in dict.fromkeys(REMINDABLE[need] for need in room.needs if need in REMINDABLE):
                    place = {"session_id": session_id, "endpoint_id": room.endpoint_id}
                    tx.add(RoomReminder(**place, what=what, at=now, by=actor.name))
                tx.tell(RoomReminded(room.endpoint_id, session_id))
            record(tx, actor, "checkin:room:remind", "session", session_id, now, rooms=len(rooms))
        return len(rooms)

    async def of_room(self, session_id: SessionId, endpoint_id: EndpointId) -> list[Reminder]:
        """What the room's tablet shows: reminders it has not put away. No rights: the door knows the room."""
        found = await self._waiting.of(session_id, lambda: self._of_session(session_id))
        since = self._clock.now() - REMINDERS_KEPT
        return [one for one in found.get(endpoint_id, {}).values() if one.at > since]

    async def _of_session(self, session_id: SessionId) -> dict[int, dict[str, Reminder]]:
        """Room → what it is reminded of → the newest that says so; those that no room has put away."""
        asked = {"session": session_id, "since": self._clock.now() - REMINDERS_KEPT}
        found: dict[int, dict[str, Reminder]] = {}
        for row in await self._db.ask(_NOT_PUT_AWAY, asked):
            found.setdefault(row.endpoint_id, {})[row.what] = Reminder(row.id, row.what, row.at, row.by)
        return found

    async def put_away(self, session_id: SessionId, endpoint_id: EndpointId, reminder_id: int) -> None:
        """The room's operator has read a reminder, and those before it that say the same."""
        r = RoomReminder
        async with self._db.transaction() as tx:
            said = select(r.what).where(r.id == reminder_id, r.endpoint_id == endpoint_id).scalar_subquery()
            await tx.execute(
                update(r)
                .where(
                    r.session_id == session_id,
                    r.endpoint_id == endpoint_id,
                    r.id <= reminder_id,
                    r.what == said,
                    r.seen_at.is_(None),
                )
                .values(seen_at=self._clock.now())
                .execution_options(synchronize_session=False)
            )
        self._waiting.forget()

    # -- inside ------------------------------------------------------------------------------------

    async def _session(self, tx: Tx, actor: Actor, session_id: SessionId) -> DeskSession:
        found = await self._sessions(tx, actor, MeetingSession.id == session_id, self._clock.now())
        if not found or not (found[0].rooms or found[0].may_decide):
            raise SessionUnknown(field="session")
        return found[0]

    async def _sessions(
        self, tx: Tx, actor: Actor, wanted: ColumnElement[bool], now: datetime
    ) -> list[DeskSession]:
        in_branch = branch_filter(actor, Permission.REPORT_PEOPLE, UnitColumns.path)
        some_room = (
            select(SessionEndpoint.session_id).join(*UnitColumns.of(SessionEndpoint.unit_id)).where(in_branch)
        )
        rows = await store.sessions(
            tx, and_(wanted, MeetingSession.id.in_(some_room), sessions.shown_to(actor)), SESSIONS_MAX
        )
        ids = [row[0].id for row in rows]
        rooms = await store.rooms(tx, ids, in_branch)
        counts = await store.counts(tx, ids, now)
        frozen = await store.frozen(tx, ids)
        for row, _, _ in rows:
            if row.id not in frozen and row.state == SessionState.SCHEDULED.value:
                for endpoint_id, people in (await store.planned(tx, row.id)).items():
                    counts[row.id, endpoint_id].expected = people
        return [
            _session(actor, *one, [r for r in rooms if r.session_id == one[0].id], counts, frozen, now)
            for one in rows
            if one[0].state in _PHASES
        ]


def _session(
    actor: Actor,
    row: MeetingSession,
    unit_name: str,
    unit_path: str,
    rooms: Sequence[Room],
    counts: Mapping[store.Key, Counts],
    frozen: set[int],
    now: datetime,
) -> DeskSession:
    phase = _PHASES[row.state]
    live_for = now - row.actual_start if row.actual_start is not None else timedelta(0)
    ordered = sorted(rooms, key=lambda room: (room.unit_path, room.sort_key))
    return DeskSession(
        id=SessionId(row.id),
        title=row.title,
        kind=row.kind,
        state=row.state,
        phase=phase,
        unit_name=unit_name,
        starts_at=row.starts_at,
        actual_start=row.actual_start,
        actual_end=row.actual_end,
        sealed_at=row.sealed_at,
        frozen=row.id in frozen,
        rooms=tuple(
            _room(room, counts.get((row.id, room.endpoint_id)) or Counts(), phase, live_for, row.id in frozen)
            for room in ordered
        ),
        may_decide=allows(actor, Permission.ABSENCE_DECIDE, unit_path),
        may_seal=allows(actor, Permission.ATTENDANCE_SEAL, unit_path),
    )


def _room(room: Room, counts: Counts, phase: Phase, live_for: timedelta, is_frozen: bool) -> DeskRoom:
    facts = RoomFacts(
        connected=counts.was_connected if phase is Phase.OVER else store.is_in(room.state),
        expected=counts.expected,
        checked_in=counts.checked_in,
        present=counts.present if phase is not Phase.OVER else 0,
        heads=counts.heads,
        missing=counts.missing,
        explained=counts.explained,
        pending=counts.pending,
        unanswered=counts.unanswered,
    )
    return DeskRoom(
        endpoint_id=EndpointId(room.endpoint_id),
        code=room.code,
        name=room.name,
        unit_name=room.unit_name,
        unit_path=room.unit_path,
        operator_name=room.operator_name,
        operator_phone=room.operator_phone,
        state=room.state,
        facts=facts,
        needs=needs(facts, phase, live_for),
        reminded=counts.reminded,
    )
