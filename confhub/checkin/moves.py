"""Use cases of moves: a room says that somebody of another one is there; that one, or an officer, answers."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import aliased

from confhub.access.rules import SYSTEM, Actor, allows, branch_filter
from confhub.audit.service import record
from confhub.checkin.errors import MoveDecided, MoveUnknown
from confhub.checkin.group import Delivery, event_key
from confhub.checkin.limits import BADGE_END_CHARS, MOVES_SHOWN_MAX
from confhub.checkin.models import DECLINED, GRANTED, OPEN, CheckinMove
from confhub.checkin.values import Move, PersonKind, Result, RoomEvent, RoomTeller, Way
from confhub.checkin.writing import write
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId, SessionId
from confhub.kernel.permissions import Permission
from confhub.org.models import UnitRow
from confhub.org.published import UnitColumns
from confhub.people import looks
from confhub.people.looks import LookBook
from confhub.people.published import PersonColumns
from confhub.registry.models import EndpointRow
from confhub.sessions.published import PlaceColumns
from confhub.sessions.store import locked_unchecked, visible_view


class MoveService:
    """Requests for people of other rooms. Told: `checkin.events` (session id)."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._looks = LookBook(db, clock)

    async def of_session(self, actor: Actor, session_id: SessionId) -> list[Move]:
        """Unanswered ones that ask rooms in whose branch the actor holds `CHECKIN_RUN`, oldest first."""
        async with self._db.reading() as tx:
            await visible_view(tx, actor, session_id)
            query = _query(session_id).where(branch_filter(actor, Permission.CHECKIN_RUN, UnitColumns.path))
            found = [_move(row) for row in await tx.execute(query)]
        await self._looks.told(actor, "roster", [one.attendee for one in found], detail=_about(session_id))
        return found

    async def answer_as_room(
        self, teller: RoomTeller, session_id: SessionId, move_id: int, *, grant: bool
    ) -> Move:
        """The room that was asked says whether the person may go. Raises MoveUnknown, MoveDecided, and what
        the event is refused with by now."""
        async with self._db.transaction() as tx:
            await locked_unchecked(tx, session_id)  # first, as an undoing does: neither waits for the other
            row = await self._asked(tx, session_id, move_id)
            if row.from_endpoint_id != teller.endpoint_id:
                raise MoveUnknown(field="move")
            found = await self._answer(tx, row, teller.reader, teller.path, grant=grant)
            await looks.note(
                tx, teller.reader, "roster", [found.attendee], self._clock.now(), detail=_about(session_id)
            )
            return found

    async def answer(self, actor: Actor, session_id: SessionId, move_id: int, *, grant: bool) -> Move:
        """As an officer of the asked room's branch (`CHECKIN_RUN`). Raises as `answer_as_room`."""
        async with self._db.transaction() as tx:
            await visible_view(tx, actor, session_id)
            await locked_unchecked(tx, session_id)
            row = await self._asked(tx, session_id, move_id)
            path = await tx.scalar(
                select(UnitColumns.path)
                .join(*PlaceColumns.on(PlaceColumns.unit_id == UnitColumns.id))
                .where(
                    PlaceColumns.session_id == session_id,
                    PlaceColumns.endpoint_id == row.from_endpoint_id,
                )
            )
            if path is None or not allows(actor, Permission.CHECKIN_RUN, path):
                raise MoveUnknown(field="move")
            found = await self._answer(tx, row, actor, path, grant=grant)
            await looks.note(
                tx, actor, "roster", [found.attendee], self._clock.now(), detail=_about(session_id)
            )
            return found

    async def _asked(self, tx: Tx, session_id: int, move_id: int) -> CheckinMove:
        found = await tx.scalar(select(CheckinMove).where(CheckinMove.id == move_id).with_for_update())
        if found is None or found.session_id != session_id:
            raise MoveUnknown(field="move")
        if found.state != OPEN:
            raise MoveDecided(field="move")
        return found

    async def _answer(self, tx: Tx, row: CheckinMove, actor: Actor, path: str, *, grant: bool) -> Move:
        now = self._clock.now()
        if grant:
            await _store(tx, row)
        row.state = GRANTED if grant else DECLINED
        row.decided_at, row.decided_by = now, actor.name
        record(
            tx, actor, "checkin:move:grant" if grant else "checkin:move:decline", "session", row.session_id,
            now, path=path, attendee_id=row.attendee_id, room=row.from_endpoint_id, to=row.endpoint_id,
        )  # fmt: skip
        await tx.flush()
        found = (await tx.execute(_named(CheckinMove.id == row.id))).one()
        return _move(found)


async def open_of_room(tx: Tx, session_id: int, endpoint_id: int) -> tuple[Move, ...]:
    """What other rooms ask of this one and nobody has answered, oldest first."""
    asked = {"session": session_id, "room": endpoint_id}
    return tuple(_move(row) for row in await tx.execute(_OF_ROOM, asked))


async def _store(tx: Tx, row: CheckinMove) -> None:
    """The event as it was told, at its own moment; somebody who may stands behind it now."""
    prefix = event_key(row.session_id, row.endpoint_id, "")
    event = RoomEvent(
        row.key.removeprefix(prefix), PersonKind(row.kind), row.at, Way(row.way), attendee=row.attendee_id
    )
    delivery = Delivery(
        SessionId(row.session_id),
        EndpointId(row.endpoint_id),
        row.by,
        row.received_at,
        (event,),
        actor=SYSTEM,
    )
    ((told,),) = await write(tx, [delivery])
    if told.result is Result.REFUSED:
        assert told.error is not None, "a refusal says why"
        raise told.error


_FROM, _TO, _HOME = aliased(EndpointRow), aliased(EndpointRow), aliased(UnitRow)


def _named(condition: Any) -> Any:
    m, p = CheckinMove, PersonColumns
    return (
        select(
            m.id,
            m.attendee_id,
            p.name,
            p.code,
            p.position,
            _HOME.name,
            p.badge,
            _FROM.name,
            _TO.name,
            m.at,
            m.by,
            m.state,
        )
        .join(*PersonColumns.of(m.attendee_id))
        .join(_HOME, _HOME.id == p.unit_id)
        .join(_FROM, _FROM.id == m.from_endpoint_id)
        .join(_TO, _TO.id == m.endpoint_id)
        .where(condition)
    )


def _query(session_id: Any) -> Any:
    m, e = CheckinMove, PlaceColumns
    return (
        _named(m.session_id == session_id)
        .join(*e.on((e.session_id == m.session_id) & (e.endpoint_id == m.from_endpoint_id)))
        .join(*UnitColumns.of(e.unit_id))
        .where(m.state == OPEN)
        .order_by(m.id)
        .limit(MOVES_SHOWN_MAX)
    )


_OF_ROOM: Final = _query(bindparam("session")).where(CheckinMove.from_endpoint_id == bindparam("room"))
"""Made once: every tablet asks it every ten seconds."""


def _about(session_id: int) -> str:
    """What was shown, as the log of looks says it."""
    return f"moves; session {session_id}"


def _move(row: Any) -> Move:
    number, attendee, name, code, position, unit, badge, *rest = row
    return Move(number, attendee, name, code, position, unit, (badge or "")[-BADGE_END_CHARS:], *rest)
