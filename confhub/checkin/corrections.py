"""Use cases of corrections: append-only, with author, time, reason and the old value."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from confhub.access.rules import Actor, allows, allows_anywhere, require
from confhub.audit import marks
from confhub.audit.service import record
from confhub.checkin import deriving, inputs, same, store
from confhub.checkin.errors import (
    ActionUnknown,
    CorrectionNeedsVouching,
    CorrectionWithoutEffect,
    NotLive,
    PersonNotInSession,
    StretchInvalid,
    TooManyCorrections,
)
from confhub.checkin.figures import PersonFigures, SessionPeople
from confhub.checkin.inputs import Inputs
from confhub.checkin.models import Correction, PersonEvent
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.errors import Forbidden
from confhub.kernel.ids import AttendeeId, EndpointId, SessionId
from confhub.kernel.permissions import Permission
from confhub.org.published import UnitColumns
from confhub.people import looks
from confhub.people.rules import clean_reason
from confhub.rosters.published import ListedColumns
from confhub.sessions import store as sessions
from confhub.sessions.errors import AttendanceSealed, RoomNotInSession
from confhub.sessions.facts import has_room
from confhub.sessions.published import PlaceColumns

ADD: Final = "add"
REMOVE: Final = "remove"
OF_PERSON_MAX: Final = 100
"""Corrections of one person in one session: somebody who needs more is better taken in by a file."""


_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """One correction. `old_spans`/`old_millis`: the person's presence before it. `vouched`: it counts
    although the room was not connected."""

    id: int
    attendee_id: int
    action: str
    endpoint_id: int
    start: datetime
    end: datetime
    reason: str
    author: str
    at: datetime
    old_spans: tuple[tuple[datetime, datetime], ...]
    old_millis: int
    vouched: bool = False


class CorrectionService:
    """Rights by the branch of the person's room (`ATTENDANCE_CORRECT`)."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def add(
        self,
        actor: Actor,
        session_id: SessionId,
        attendee_id: AttendeeId,
        action: str,
        endpoint_id: EndpointId,
        start: datetime,
        end: datetime,
        reason: str,
        *,
        vouched: bool = False,
    ) -> int:
        """Add a stretch of being checked in at a room, or take one out of it; the correction's number.

        Presence follows as from events: within the room's connection, live time, without breaks. `vouched`:
        an added stretch counts whether the room was connected or not. Raises SessionUnknown, Forbidden,
        AttendanceSealed, NotLive (nothing to correct before it began), PersonNotInSession, RoomNotInSession,
        StretchInvalid, ActionUnknown, TooManyCorrections, CorrectionWithoutEffect, and what is wrong with
        the reason.
        """
        cleaned = clean_reason(reason)
        if action not in (ADD, REMOVE):
            raise ActionUnknown(field="action")
        now = self._clock.now()
        async with self._db.transaction() as tx:
            path = await _path_of_person(tx, actor, session_id, attendee_id)
            require(actor, Permission.ATTENDANCE_CORRECT, path)
            session = await sessions.locked_unchecked(tx, session_id)
            if session.sealed_at is not None:
                raise AttendanceSealed(field="session")
            if session.actual_start is None:
                raise NotLive(field="session")
            start, end = _told_in_seconds(start, end, session.actual_start, session.actual_end or now)
            if not session.actual_start <= start < end <= (session.actual_end or now):
                raise StretchInvalid(field="start")
            if not await has_room(tx, session_id, endpoint_id):
                raise RoomNotInSession(field="endpoint_id")
            if await _count(tx, session_id, attendee_id) >= OF_PERSON_MAX:
                raise TooManyCorrections(max=OF_PERSON_MAX)
            found = await inputs.read(tx, session_id, now, [attendee_id])
            assert found is not None, "the session was read just now"
            value = _value(endpoint_id, start, end, vouched=vouched and action == ADD)
            before = await asyncio.to_thread(_tried, found, attendee_id, action, value)
            row = Correction(
                session_id=session_id, attendee_id=attendee_id, action=action, value=value,
                old=_old(before), reason=cleaned, author_id=actor.account_id, author_name=actor.name, at=now,
            )  # fmt: skip
            tx.add(row)
            await tx.flush()
            await store.mark_stale(tx, [session_id])
            record(
                tx, actor, f"checkin:attendance:{action}", "session", session_id, now,
                path=path, attendee_id=attendee_id, correction_id=row.id, reason=cleaned,
                vouched=bool(value.get("vouched")),
            )  # fmt: skip
            return row.id

    async def list(
        self, actor: Actor, session_id: SessionId, attendee_id: AttendeeId | None = None
    ) -> tuple[CorrectionView, ...]:
        """A person's corrections in order, or those of all persons of one's branches; that somebody looked is
        written down. Raises SessionUnknown, PersonNotInSession, Forbidden without `REPORT_PEOPLE` in the
        branch of the person's room (of all: in any branch)."""
        c, now = Correction, self._clock.now()
        query = select(c).where(c.session_id == session_id).order_by(c.id)
        async with self._db.transaction() as tx:
            if attendee_id is not None:
                path = await _path_of_person(tx, actor, session_id, attendee_id)
                require(actor, Permission.REPORT_PEOPLE, path)
                entries = same.everybody([attendee_id], await same.standing(tx, session_id))
                rows = list(await tx.scalars(query.where(c.attendee_id.in_(entries))))
            else:
                await sessions.visible_view(tx, actor, session_id)
                if not allows_anywhere(actor, Permission.REPORT_PEOPLE):
                    raise Forbidden()
                rows = await _of_branches(tx, actor, session_id, list(await tx.scalars(query)))
            shown = [attendee_id] if attendee_id is not None else [row.attendee_id for row in rows]
            await looks.note(tx, actor, "corrections", shown, now, detail=f"session {session_id}")
            return tuple(_view(row) for row in rows)


async def _path_of_person(tx: Tx, actor: Actor, session_id: int, attendee_id: int) -> str:
    """The unit's path of the room on whose list the person stands, or where the person was first heard of."""
    await sessions.visible_view(tx, actor, session_id)
    a, e = ListedColumns, PersonEvent
    room = await tx.scalar(
        select(a.endpoint_id).where(a.session_id == session_id, a.attendee_id == attendee_id)
    )
    if room is None:
        heard = select(e.endpoint_id).where(e.session_id == session_id, e.attendee_id == attendee_id)
        room = await tx.scalar(heard.order_by(e.at, e.key).limit(1))
    path = await tx.scalar(
        select(UnitColumns.path)
        .join(*PlaceColumns.on(PlaceColumns.unit_id == UnitColumns.id))
        .where(PlaceColumns.session_id == session_id, PlaceColumns.endpoint_id == room)
    )
    if path is None:
        raise PersonNotInSession(field="attendee")
    return path


async def _of_branches(tx: Tx, actor: Actor, session_id: int, rows: Sequence[Correction]) -> list[Correction]:
    """Those of persons in whose room's branch the actor may read of persons."""
    a, e = ListedColumns, PlaceColumns
    query = (
        select(a.attendee_id, UnitColumns.path)
        .join(*e.on((e.session_id == a.session_id) & (e.endpoint_id == a.endpoint_id)))
        .join(*UnitColumns.of(e.unit_id))
    )
    people = {row.attendee_id for row in rows}
    paths: dict[int, str] = {}
    for part in store.parts(people):
        of_these = query.where(a.session_id == session_id, a.attendee_id.in_(part))
        paths |= {row[0]: row[1] for row in await tx.execute(of_these)}
    for one in people - paths.keys():  # heard of, and on no list
        paths[one] = await _path_of_person(tx, actor, session_id, one)
    return [row for row in rows if allows(actor, Permission.REPORT_PEOPLE, paths[row.attendee_id])]


async def _count(tx: Tx, session_id: int, attendee_id: int) -> int:
    c = Correction
    query = select(func.count()).where(c.session_id == session_id, c.attendee_id == attendee_id)
    return await tx.scalar(query) or 0


def _told_in_seconds(
    start: datetime, end: datetime, first: datetime, last: datetime
) -> tuple[datetime, datetime]:
    """Reports tell seconds: what lies less than one outside of live time means its start, or its end."""
    return (
        first if first - _SECOND < start < first else start,
        last if last < end < last + _SECOND else end,
    )


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _value(endpoint_id: int, start: datetime, end: datetime, *, vouched: bool) -> dict[str, object]:
    value: dict[str, object] = {"endpoint_id": int(endpoint_id), "from": _text(start), "to": _text(end)}
    return {**value, "vouched": True} if vouched else value


def _tried(found: Inputs, attendee_id: int, action: str, value: dict[str, object]) -> SessionPeople:
    """The person's figures as they are without this correction. Nobody is told that something was put right
    where nothing was: raises CorrectionWithoutEffect, CorrectionNeedsVouching."""

    def after(value: dict[str, object]) -> PersonFigures | None:
        more = replace(found, corrections=[*found.corrections, (attendee_id, action, value)])
        return next(iter(deriving.people_of(more).people), None)

    def changes(new: PersonFigures | None) -> bool:
        return new is not None and new != (replace(old, ways=new.ways) if old is not None else None)

    before = deriving.people_of(found)
    old = next(iter(before.people), None)
    if not changes(after(value)):
        helps = action == ADD and changes(after({**value, "vouched": True}))
        raise (CorrectionNeedsVouching if helps else CorrectionWithoutEffect)(field="start")
    return before


def _old(before: SessionPeople) -> dict[str, object]:
    found: PersonFigures | None = next(iter(before.people), None)
    if found is None:
        return {"spans": [], "millis": 0}
    spans = [before.span(one) for one in found.spans]
    return {"spans": [[_text(one.start), _text(one.end)] for one in spans], "millis": found.millis}


def _view(row: Correction) -> CorrectionView:
    value, old = row.value, row.old
    return CorrectionView(
        id=row.id,
        attendee_id=row.attendee_id,
        action=row.action,
        endpoint_id=value["endpoint_id"],
        start=datetime.fromisoformat(value["from"]),
        end=datetime.fromisoformat(value["to"]),
        reason=marks.shown(row.reason),
        author=row.author_name,
        at=row.at,
        old_spans=tuple(
            (datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in old["spans"]
        ),
        old_millis=old["millis"],
        vouched=value.get("vouched") is True,
    )
