"""What a room's tablet reads: the room's sessions, and one session's list of people."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, String, bindparam, cast, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from confhub.checkin import store
from confhub.checkin.models import OPEN, CheckinMove, CheckinPolicy, HeadCount, PresencePrompt
from confhub.checkin.moves import open_of_room
from confhub.checkin.values import (
    Heads,
    ListedPerson,
    Mark,
    Move,
    OpenPrompt,
    Policy,
    RoomSheet,
    TabletSession,
)
from confhub.db.base import as_written, unix_now
from confhub.db.database import Database, Tx
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

OVERLAP_S: Final = 10
"""Changes are read from so long before the mark: what was written before it may be committed after it."""

WHOLE_FOR_S: Final = 180
"""So often a tablet gets the whole list: for what `SessionAttendee.touched` does not tell (a name, a unit's),
a commit that took longer than the overlap, a database's clock that was put back."""

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
    db: Database, endpoint_id: int, session_id: int, now: datetime, since: Mark | None = None
) -> RoomSheet:
    """`since`: the mark of a list that the caller has; of a recent one, what changed after it is read alone.

    Raises SessionUnknown, also for a session that the room is not in: it learns nothing of others'.
    """
    asked = {"session": session_id, "room": endpoint_id}
    found, whole_at = None, 0
    if since is not None and now.timestamp() - since.whole_at < WHOLE_FOR_S:
        found = _only(await db.ask(_CHANGES, asked | {"since": since.read_at - OVERLAP_S}))
        if found is not None and 0 <= found.read_at - since.whole_at < WHOLE_FOR_S and found.listed:
            whole_at = since.whole_at
    if not whole_at:
        found = _only(await db.ask(_WHOLE, asked))
    if found is None:
        raise SessionUnknown(field="session_id")
    people: tuple[ListedPerson, ...] = ()
    listed = int(found.listed)
    if found.shown is not None:
        people = tuple(_entry(line, endpoint_id) for line in found.shown.split(_LINE_END))
    elif not whole_at:
        people = await _ahead(db, endpoint_id, session_id)
        listed = listed or len(people)
    policy = Policy() if found.ways is None else store.policy_from(found)
    prompts: list[OpenPrompt] = []
    moves: tuple[Move, ...] = ()
    if found.has_prompts or found.has_moves:
        async with db.reading() as tx:
            prompts = await store.prompts_of(tx, session_id) if found.has_prompts else prompts
            moves = await open_of_room(tx, session_id, endpoint_id) if found.has_moves else moves
    open_now = found.state in _OPEN
    return RoomSheet(
        _session(found),
        policy,
        tuple(sorted(people, key=lambda one: one.place)),
        not whole_at,
        None if found.heads_at is None else Heads(found.heads, found.heads_at),
        store.open_prompt(prompts, now),
        Mark(int(found.read_at), whole_at or int(found.read_at)),
        listed,
        moves,
        store.asked_by(prompts, now, counts=policy.prompts_count) if open_now else None,
    )


def _only(rows: Sequence[Row[Any]]) -> Row[Any] | None:
    return rows[0] if rows else None


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

_FIELD_END, _LINE_END, _NOTHING = "\x1f", "\x1e", "\x1d"
"""Control characters, which no name has."""

_SHOWN: Final = (*_PERSON, *_STANDING, AttendeeRow.sort_key)


def _on_list(query: Any) -> Any:
    """People as they stand on the list of the session `session`, which is bound when it is asked."""
    a, n = SessionAttendee, AbsenceNotice
    return (
        query.select_from(AttendeeRow)
        .join(a, a.attendee_id == AttendeeRow.id)
        .join(UnitRow, UnitRow.id == a.unit_id)
        .join(_HOME, _HOME.id == a.endpoint_id)
        .outerjoin(_VISITED, _VISITED.id == a.visits_endpoint_id)
        .outerjoin(
            n,
            (n.session_id == a.session_id)
            & (n.attendee_id == a.attendee_id)
            & (n.state != as_written("withdrawn")),
        )
        .where(a.session_id == bindparam("session"))
    )


def _at_home(person: Any) -> tuple[Any, ...]:
    """Condition: on the list of the room `room`."""
    return (
        person.session_id == bindparam("session"),
        person.endpoint_id == bindparam("room"),
        person.removed_at.is_(None),
    )


def _of_room(*changed: Any) -> Any:
    """Condition: they are at home in the room `room`, or visit it, each by its own index. As one with OR, the
    database would read the whole session. `changed`: conditions for those at home."""
    home, visitor = SessionAttendee.__table__.alias("home").c, aliased(SessionAttendee)
    both = union_all(
        select(home.attendee_id).where(*_at_home(home), *(one(home) for one in changed)),
        select(visitor.attendee_id).where(
            visitor.session_id == bindparam("session"), visitor.visits_endpoint_id == bindparam("room")
        ),
    )
    return SessionAttendee.attendee_id.in_(both)


def _as_text() -> Any:
    """All that the list shows, of all people, as one text: a line each, which begins with their number."""
    shown: Any = literal("")
    for column in _SHOWN:
        text = column if isinstance(column.type, String) else cast(column, String)
        shown = shown + func.coalesce(text, _NOTHING) + _FIELD_END
    return func.aggregate_strings(shown, _LINE_END)


def _newest_heads(column: Any) -> Any:
    h = HeadCount
    return (
        select(column)
        .where(h.session_id == bindparam("session"), h.endpoint_id == bindparam("room"), store.heads_stand())
        .order_by(h.at.desc(), h.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _sheet(*changed: Any) -> Any:
    """One row: the session's fields, its policy's (`ways` None: nobody chose), the newest heads, all that
    the list shows as one text, how many are on the list, the database's clock, and whether there are prompts
    and moves to be read. `changed`: as for `_of_room`."""
    s, e, c, p = MeetingSession, SessionEndpoint, CheckinPolicy, PresencePrompt
    policy = [column for column in c.__table__.columns if column.name != "session_id"]
    return (
        select(
            s.id, s.title, s.kind, s.state, s.starts_at, s.length_min, s.sealed_at,
            *policy,
            _newest_heads(HeadCount.people).label("heads"),
            _newest_heads(HeadCount.at).label("heads_at"),
            _on_list(select(_as_text())).where(_of_room(*changed)).scalar_subquery().label("shown"),
            select(func.count()).select_from(SessionAttendee).where(*_at_home(SessionAttendee))
            .scalar_subquery().label("listed"),
            unix_now().label("read_at"),
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


_WHOLE: Final = _sheet()
_CHANGES: Final = _sheet(lambda home: home.touched >= bindparam("since"))
"""Made once: to make it costs as much as to ask it, and 302 tablets ask every ten seconds."""


def _entry(line: str, room: int) -> ListedPerson:
    """Of the room's own list, or a visitor; as `_as_text` wrote it."""
    fields: list[Any] = [None if field == _NOTHING else field for field in line.split(_FIELD_END)]
    person, name, code, position, unit, badge, *standing = fields
    state, at, origin, absence, home, home_name, visited, sort_key, _ = standing
    who, moment = (int(person), name, code, position, unit, badge_hash(badge), state), _moment(at)
    if int(home) == room:
        place = (False, sort_key, who[0])
        return ListedPerson(*who, moment, origin, absence, place, elsewhere=visited or "")
    return ListedPerson(*who, moment, VISITOR, None, (True, sort_key, who[0]), home=home_name)


def _moment(text: str | None) -> datetime | None:
    """SQLite writes it in UTC and does not say so, PostgreSQL with its offset."""
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    return at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC)


async def _ahead(db: Database, endpoint_id: int, session_id: int) -> tuple[ListedPerson, ...]:
    """Of a list that is not frozen yet, as it would be; nobody, where a frozen one has nobody."""
    async with db.reading() as tx:
        return () if await rosters.is_frozen(tx, session_id) else await _expected(tx, endpoint_id, session_id)


async def _expected(tx: Tx, endpoint_id: int, session_id: int) -> tuple[ListedPerson, ...]:
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
                (n.session_id == session_id)
                & (n.attendee_id == AttendeeRow.id)
                & (n.state != as_written("withdrawn")),
            )
            .where(AttendeeRow.id.in_(part))
        )
        for person, name, code, position, unit, badge, absence, sort_key in rows:
            who = (person, name, code, position, unit, badge_hash(badge), "expected")
            found.append(ListedPerson(*who, None, rosters.ROSTER, absence, (False, sort_key, person)))
    return tuple(found)
