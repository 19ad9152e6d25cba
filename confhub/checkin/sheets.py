"""What a room's tablet reads: the room's sessions, and one session's list of people."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import String, bindparam, cast, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from confhub.checkin import store
from confhub.checkin.models import OPEN, CheckinMove, CheckinPolicy, HeadCount, PresencePrompt
from confhub.checkin.moves import open_of_room
from confhub.checkin.values import Heads, ListedPerson, Policy, RoomSheet, TabletSession
from confhub.db.database import Tx
from confhub.kernel.ids import SessionId
from confhub.org.models import UnitRow
from confhub.people.models import AttendeeRow
from confhub.registry.models import EndpointRow
from confhub.rosters import store as rosters
from confhub.rosters.models import AbsenceNotice, SessionAttendee
from confhub.sessions.errors import SessionUnknown
from confhub.sessions.models import MeetingSession, SessionEndpoint
from confhub.sessions.values import SessionState

ENDED_FOR: Final = timedelta(hours=48)
"""Long enough to send in what a tablet kept over an outage."""

AHEAD_FOR: Final = timedelta(hours=24)
"""Tomorrow morning's session is loaded the evening before."""

SESSIONS_MAX: Final = 50
"""Sessions on a tablet's list."""

VISITOR: Final = "visitor"
"""The origin, on a tablet's list, of somebody of another room's list."""

BADGE_HASH_CHARS: Final = 16

_OPEN: Final = (SessionState.LOBBY.value, SessionState.LIVE.value)
_OVER: Final = (SessionState.ENDED.value, SessionState.ARCHIVED.value)


def badge_hash(badge: str) -> str:
    """By which a tablet without the hub knows a badge, without keeping badges."""
    return hashlib.sha256(badge.encode()).hexdigest()[:BADGE_HASH_CHARS]


async def sessions_of(tx: Tx, endpoint_id: int, now: datetime) -> list[TabletSession]:
    """Open ones first, then those ahead, then those that ended."""
    s, e = MeetingSession, SessionEndpoint
    rows = await tx.scalars(
        select(s)
        .join(e, e.session_id == s.id)
        .where(
            e.endpoint_id == endpoint_id,
            e.removed_at.is_(None),
            or_(
                s.state.in_(_OPEN),
                s.state.in_(_OVER) & s.sealed_at.is_(None) & (s.actual_end > now - ENDED_FOR),
                (s.state == SessionState.SCHEDULED.value) & (s.starts_at < now + AHEAD_FOR),
            ),
        )
        .order_by(s.starts_at, s.id)
        .limit(SESSIONS_MAX)
    )
    order = {SessionState.LIVE.value: 0, SessionState.LOBBY.value: 1, SessionState.SCHEDULED.value: 2}
    return sorted(map(_session, rows), key=lambda session: order.get(session.state, 3))


def _session(row: Any) -> TabletSession:
    return TabletSession(
        SessionId(row.id),
        row.title,
        row.kind,
        row.state,
        row.starts_at,
        row.starts_at + timedelta(minutes=row.length_min),
        row.sealed_at is not None,
    )


async def sheet_of(
    tx: Tx, endpoint_id: int, session_id: int, now: datetime, known: str | None = None
) -> RoomSheet:
    """`known`: the mark of a list that is not read again where it is the same.

    Raises SessionUnknown, also for a session that the room is not in: it learns nothing of others'.
    """
    asked = {"session": session_id, "room": endpoint_id}
    found = (await tx.execute(_SHEET, asked)).one_or_none()
    if found is None:
        raise SessionUnknown(field="session_id")
    mark = _digest(found.shown)
    people: list[ListedPerson] | None = None
    if mark is None or mark != known:
        people = await _frozen(tx, endpoint_id, session_id)
    if not people and mark is None and not await rosters.is_frozen(tx, session_id):
        people = await _expected(tx, endpoint_id, session_id)
    prompts = await store.prompts_of(tx, session_id) if found.has_prompts else ()
    policy = Policy() if found.ways is None else store.policy_from(found)
    open_now = found.state in _OPEN
    return RoomSheet(
        _session(found),
        policy,
        None if people is None else tuple(people),
        None if found.heads_at is None else Heads(found.heads, found.heads_at),
        store.open_prompt(prompts, now),
        await open_of_room(tx, session_id, endpoint_id) if found.has_moves else (),
        mark,
        store.asked_by(prompts, now, counts=policy.prompts_count) if open_now else None,
    )


_PERSON: Final = (
    AttendeeRow.id,
    AttendeeRow.name,
    AttendeeRow.code,
    AttendeeRow.position,
    UnitRow.name,
    AttendeeRow.badge,
)


_HOME, _VISITED = aliased(EndpointRow), aliased(EndpointRow)
_STANDING: Final = (
    SessionAttendee.state,
    SessionAttendee.state_at,
    SessionAttendee.origin,
    AbsenceNotice.state,
    SessionAttendee.endpoint_id,
    _HOME.name,
    _VISITED.name,
)

_FIELD_END, _NOTHING = "\x1f", "\x1d"
"""Control characters, which no name has."""


def _on_list(query: Any) -> Any:
    """Whoever stands on the list of the room `room` in the session `session`, or visits it; both bound when
    it is asked."""
    a, n = SessionAttendee, AbsenceNotice
    return (
        query.select_from(AttendeeRow)
        .join(a, a.attendee_id == AttendeeRow.id)
        .join(UnitRow, UnitRow.id == a.unit_id)
        .join(_HOME, _HOME.id == a.endpoint_id)
        .outerjoin(_VISITED, _VISITED.id == a.visits_endpoint_id)
        .outerjoin(
            n,
            (n.session_id == a.session_id) & (n.attendee_id == a.attendee_id) & (n.state != "withdrawn"),
        )
        .where(a.session_id == bindparam("session"), a.attendee_id.in_(_of_room()))
    )


def _of_room() -> Any:
    """Who is at home in the room, and who visits it: each by its own index. As one condition with OR, the
    database would read the whole session."""
    home, visitor = aliased(SessionAttendee), aliased(SessionAttendee)
    return union_all(
        select(home.attendee_id).where(
            home.session_id == bindparam("session"),
            home.endpoint_id == bindparam("room"),
            home.removed_at.is_(None),
        ),
        select(visitor.attendee_id).where(
            visitor.session_id == bindparam("session"), visitor.visits_endpoint_id == bindparam("room")
        ),
    )


def _as_text() -> Any:
    """All that `_FROZEN` selects, of all people, as one text."""
    shown: Any = literal("")
    for column in (*_PERSON, *_STANDING):
        shown = shown + func.coalesce(cast(column, String), _NOTHING) + _FIELD_END
    return func.aggregate_strings(shown, "\n")


def _newest_heads(column: Any) -> Any:
    h = HeadCount
    return (
        select(column)
        .where(h.session_id == bindparam("session"), h.endpoint_id == bindparam("room"), store.heads_stand())
        .order_by(h.at.desc(), h.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _sheet() -> Any:
    """One row: the session's fields, its policy's (`ways` None: nobody chose), the newest heads, all that
    the list shows as one text, and whether there are prompts and moves to be read."""
    s, e, c, p = MeetingSession, SessionEndpoint, CheckinPolicy, PresencePrompt
    policy = [column for column in c.__table__.columns if column.name != "session_id"]
    return (
        select(
            s.id, s.title, s.kind, s.state, s.starts_at, s.length_min, s.sealed_at,
            *policy,
            _newest_heads(HeadCount.people).label("heads"),
            _newest_heads(HeadCount.at).label("heads_at"),
            _on_list(select(_as_text())).scalar_subquery().label("shown"),
            exists(select(p.id).where(p.session_id == bindparam("session"))).label("has_prompts"),
            exists(
                select(CheckinMove.id).where(
                    CheckinMove.session_id == bindparam("session"),
                    CheckinMove.from_endpoint_id == bindparam("room"),
                    CheckinMove.state == OPEN,
                )
            ).label("has_moves"),
        )
        .join(e, e.session_id == s.id)
        .outerjoin(c, c.session_id == s.id)
        .where(s.id == bindparam("session"), e.endpoint_id == bindparam("room"))
    )  # fmt: skip


_FROZEN: Final = _on_list(select(*_PERSON, *_STANDING)).order_by(AttendeeRow.sort_key, AttendeeRow.id)
_SHEET: Final = _sheet()
"""These are made once: to make them costs as much as to ask them, and 302 tablets ask every ten seconds."""


async def _frozen(tx: Tx, endpoint_id: int, session_id: int) -> list[ListedPerson]:
    """The room's list, and after it the visitors."""
    rows = (await tx.execute(_FROZEN, {"room": endpoint_id, "session": session_id})).all()
    own = [
        replace(_listed(row[:6], *row[6:10]), elsewhere=row[12] or "")
        for row in rows
        if row[10] == endpoint_id
    ]
    visitors = [
        replace(_listed(row[:6], row[6], row[7], VISITOR, None), home=row[11])
        for row in rows
        if row[10] != endpoint_id
    ]
    return [*own, *visitors]


def _digest(shown: str | None) -> str | None:
    """Of all that `_frozen` shows, None where it shows nobody.

    The database puts it together as one text: 130 people are one row here, not 130, and a list that has not
    changed is neither built nor written out again for a tablet that looks every ten seconds.
    """
    return None if shown is None else hashlib.blake2b(shown.encode(), digest_size=16).hexdigest()


async def _expected(tx: Tx, endpoint_id: int, session_id: int) -> list[ListedPerson]:
    """Before the list is frozen: as it would be."""
    ids = [
        p.attendee_id for p in await rosters.session_people(tx, session_id) if p.endpoint_id == endpoint_id
    ]
    found: list[ListedPerson] = []
    n = AbsenceNotice
    for part in store.parts(ids):
        rows = await tx.execute(
            select(*_PERSON, n.state, AttendeeRow.sort_key)
            .join(UnitRow, UnitRow.id == AttendeeRow.unit_id)
            .outerjoin(
                n,
                (n.session_id == session_id) & (n.attendee_id == AttendeeRow.id) & (n.state != "withdrawn"),
            )
            .where(AttendeeRow.id.in_(part))
            .order_by(AttendeeRow.sort_key, AttendeeRow.id)
        )
        found += [_listed(row[:6], "expected", None, rosters.ROSTER, row[6]) for row in rows]
    return found


def _listed(
    who: Sequence[Any], state: str, state_at: datetime | None, origin: str, absence: str | None
) -> ListedPerson:  # fmt: skip
    person, name, code, position, unit, badge = who
    return ListedPerson(
        person, name, code, position, unit, badge_hash(badge), state, state_at, origin, absence
    )  # fmt: skip
