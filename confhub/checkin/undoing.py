"""Use cases of taking back: everything that one device or one code told in a session, in one step.

Nothing is deleted. The events stay as they came; an undoing names those that no longer count, with author and
reason, and is sealed with them.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from confhub.access.rules import Actor, allows, require
from confhub.audit.service import record
from confhub.checkin import sources, store, taken, whereabouts
from confhub.checkin.doors import Heard
from confhub.checkin.errors import NothingToUndo, SourceUnknown
from confhub.checkin.models import (
    DECLINED,
    OPEN,
    CheckinMove,
    CheckinUndo,
    HeadCount,
    PersonEvent,
    PhoneTrace,
    TabletRow,
    UndoneEvent,
    UndoneHeads,
)
from confhub.checkin.sources import Source
from confhub.checkin.tablets import end_tablet
from confhub.checkin.undone import CODE, DEVICE, KINDS, TABLET, Undone
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId, SessionId
from confhub.kernel.permissions import Permission
from confhub.people.rules import clean_reason
from confhub.rosters import store as rosters
from confhub.rosters.models import SessionAttendee
from confhub.sessions import store as sessions
from confhub.sessions.errors import AttendanceSealed


class UndoService:
    """Rights by the rooms' branch (`ATTENDANCE_CORRECT`). Told: `checkin.events`, `people` (session id)."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def sources(self, actor: Actor, session_id: SessionId) -> tuple[list[Source], list[Undone]]:
        """Who told what in the actor's branches, and what was taken back. Raises SessionUnknown."""
        async with self._db.reading() as tx:
            await sessions.visible_view(tx, actor, session_id)
            told = await sources.of_session(tx, actor, session_id)
            return told, await sources.undone_for(tx, actor, session_id)

    async def undo(
        self, actor: Actor, session_id: SessionId, source: str, reason: str, *, shut_out: bool = True
    ) -> Undone:
        """Take back all that this source told in rooms of the actor's branches and that still counts; a
        tablet is shut out as well, unless told otherwise. A phone of which nothing is left counts for nobody.

        Raises SessionUnknown, SourceUnknown, NothingToUndo (nothing, or nothing in one's branches),
        AttendanceSealed, and what is wrong with the reason.
        """
        async with self._db.transaction() as tx:
            return await self.undo_in(tx, actor, session_id, source, reason, shut_out=shut_out)

    async def undo_in(
        self, tx: Tx, actor: Actor, session_id: SessionId, source: str, reason: str, *,
        of: Collection[int] | None = None, shut_out: bool = True,
    ) -> Undone:  # fmt: skip
        """As `undo`, in the caller's transaction. `of`: what it told of these people alone."""
        cleaned, now = clean_reason(reason), self._clock.now()
        kind = source.partition(":")[0]
        if kind not in KINDS or len(source) > 80:
            raise SourceUnknown(field="source")
        await sessions.visible_view(tx, actor, session_id)
        session = await sessions.locked_unchecked(tx, session_id)
        if session.sealed_at is not None:
            raise AttendanceSealed(field="session")
        paths = await sources.paths_of(tx, session_id)
        rooms = [one for one, path in paths.items() if allows(actor, Permission.ATTENDANCE_CORRECT, path)]
        told = _told(session_id, source).where(PersonEvent.endpoint_id.in_(rooms))
        found = (await tx.execute(told if of is None else told.where(PersonEvent.attendee_id.in_(of)))).all()
        heads = await _heads(tx, session_id, source, rooms)
        if not found and not heads:
            raise NothingToUndo(field="source")
        people = {row.attendee_id for row in found}
        touched = {row.endpoint_id for row in found} or set(heads.values())
        undo = CheckinUndo(
            session_id=session_id, source=source, endpoint_id=min(touched), events=len(found),
            heads=len(heads), people=len(people), reason=cleaned, author_id=actor.account_id,
            author_name=actor.name, at=now,
        )  # fmt: skip
        tx.add(undo)
        await tx.flush()
        await _mark(tx, UndoneEvent, "event_id", [row.id for row in found], undo)
        await _mark(tx, UndoneHeads, "head_id", list(heads), undo)
        await _decline(tx, session_id, source, now, actor)
        await _settle_states(tx, session_id, people, now)
        await taken.release_silent(tx, session_id, _phones(found))
        if kind == TABLET and shut_out:
            await _shut_out(tx, actor, source, paths, now)
        await store.mark_stale(tx, [session_id])
        path = paths[EndpointId(min(touched))]
        record(
            tx, actor, "checkin:source:undo", "session", session_id, now, path=path, source_name=source,
            room=min(touched), count=len(found), people=len(people), reason=cleaned,
        )  # fmt: skip
        names = await sources.who(tx, [source])
        return Undone(
            undo.id, source, names[source], undo.events, undo.heads, undo.people, cleaned, actor.name, now
        )


def _phones(told: Iterable[Any]) -> set[str]:
    """The marks of the phones among those who told this."""
    tellers = (row.by.partition(":") for row in told)
    return {mark for kind, _, mark in tellers if kind == DEVICE}


def _told(session_id: int, source: str) -> Any:
    """(id, attendee, room, teller) of the source's events that still count."""
    e, t = PersonEvent, PhoneTrace
    query = select(e.id, e.attendee_id, e.endpoint_id, e.by).where(e.session_id == session_id, store.stands())
    kind, _, rest = source.partition(":")
    if kind != CODE:
        return query.where(e.by == source)
    room, _, code = rest.partition(".")
    if not room.isdigit() or not code:
        raise SourceUnknown(field="source")
    keys = select(t.key).where(t.session_id == session_id, t.endpoint_id == int(room), t.code == code)
    return query.where(e.key.in_(keys))


async def _heads(tx: Tx, session_id: int, source: str, rooms: Collection[int]) -> dict[int, int]:
    """The source's head counts that still count: number → room."""
    h = HeadCount
    query = select(h.id, h.endpoint_id).where(
        h.session_id == session_id, h.by == source, h.endpoint_id.in_(rooms), store.heads_stand()
    )
    return {row[0]: row[1] for row in await tx.execute(query)}


async def _mark(tx: Tx, model: Any, column: str, numbers: list[int], undo: CheckinUndo) -> None:
    rows = [{column: one, "session_id": undo.session_id, "undo_id": undo.id} for one in numbers]
    if rows:
        await tx.rows(insert(model), rows)


async def _decline(tx: Tx, session_id: int, source: str, now: datetime, actor: Actor) -> None:
    """What the source asked of other rooms, and nobody has answered."""
    m = CheckinMove
    await tx.execute(
        update(m)
        .where(m.session_id == session_id, m.by == source, m.state == OPEN)
        .values(state=DECLINED, decided_at=now, decided_by=actor.name)
        .execution_options(synchronize_session=False)
    )


async def _settle_states(tx: Tx, session_id: int, people: Collection[int], now: datetime) -> None:
    """Live presence as it follows from what is left; a guest of whom nothing is left was none."""
    e, a = PersonEvent, SessionAttendee
    heard: dict[int, list[Heard]] = defaultdict(list)
    for part in store.parts(people):
        query = select(e.attendee_id, e.at, e.kind, e.endpoint_id, e.by).where(
            e.session_id == session_id, e.attendee_id.in_(part), store.stands()
        )
        for person, at, kind, room, by in await tx.execute(query.order_by(e.id)):
            heard[person].append(Heard(at, kind, room, by))
    if people:
        states = await asyncio.to_thread(_states, session_id, sorted(people), heard)
        await tx.rows(whereabouts.SET, states)
    for part in store.parts(sorted(set(people) - heard.keys())):
        gone = update(a).where(a.session_id == session_id, a.attendee_id.in_(part))
        gone = gone.where(a.origin == rosters.GUEST, a.removed_at.is_(None)).values(removed_at=now)
        await tx.execute(gone.execution_options(synchronize_session=False))


def _states(
    session_id: int, people: Collection[int], heard: Mapping[int, Sequence[Heard]]
) -> list[dict[str, Any]]:
    return [whereabouts.row(session_id, person, heard.get(person, ())) for person in people]


async def _shut_out(tx: Tx, actor: Actor, source: str, paths: dict[EndpointId, str], now: datetime) -> None:
    row = await tx.get(TabletRow, int(source.partition(":")[2]))
    if row is not None and (path := paths.get(EndpointId(row.endpoint_id))) is not None:
        require(actor, Permission.ATTENDANCE_CORRECT, path)
        end_tablet(tx, actor, row, path, now)
