"""Reading and writing rosters inside somebody's transaction; no rights checked.

Who is expected in a session: each person's narrowest entry counts, the session's own, else the course's,
else the standing one. An entry whose room is not in the session counts for nothing. People that were merged
are expected once, as the person that was kept; retired and erased people are not expected.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    CTE,
    Select,
    and_,
    bindparam,
    func,
    literal,
    select,
    text,
    union_all,
    update,
)

from confhub.db.base import UtcDateTime, unix_now
from confhub.db.database import Tx
from confhub.people.published import PersonColumns
from confhub.rosters import freezing
from confhub.rosters.models import (
    COURSE_ENTRY,
    SESSION_ENTRY,
    STANDING_ENTRY,
    AbsenceNotice,
    CourseSession,
    RosterEntry,
    SessionAttendee,
    SessionRoster,
)
from confhub.sessions.published import PlaceColumns

ROSTER, GUEST, OFFICER = "roster", "guest", "officer"
TOUCH_AT_ONCE: Final = 1_000
"""People named by one statement."""


class Expected(NamedTuple):
    """A person of a session's list. `origin`: roster | guest | officer; guests are never expected."""

    attendee_id: int
    endpoint_id: int
    unit_id: int
    origin: str
    added_at: datetime
    removed_at: datetime | None


async def session_people(tx: Tx, session_id: int) -> list[Expected]:
    """The session's list by person, removed ones included; before the freezing, what would be frozen."""
    if not await is_frozen(tx, session_id):
        return [Expected(*line[:6]) for line in await tx.execute(effective(session_id))]
    a = SessionAttendee
    query = select(a.attendee_id, a.endpoint_id, a.unit_id, a.origin, a.added_at, a.removed_at)
    lines = await tx.execute(query.where(a.session_id == session_id).order_by(a.attendee_id))
    return [Expected(*line) for line in lines]


_FROZEN: Final = select(SessionRoster.session_id).where(SessionRoster.session_id == bindparam("session"))


async def is_frozen(tx: Tx, session_id: int) -> bool:
    """Whether the session's list was frozen."""
    return (await tx.rows(_FROZEN, {"session": session_id})).first() is not None


async def alone(tx: Tx, session_id: int) -> None:
    """Freezing and changing a session's list come one after the other."""
    await tx.alone(f"rosters.session.{session_id}")


async def freeze(tx: Tx, session_id: int, now: datetime) -> bool:
    """Write down who is expected, and what everybody and everything is called, once: False where it was done
    before. A handful of statements, whatever the size."""
    if await is_frozen(tx, session_id):
        return False
    await alone(tx, session_id)
    claim = tx.upsert(SessionRoster).values(session_id=session_id, frozen_at=now, people=0)
    claimed = await tx.scalar(claim.on_conflict_do_nothing().returning(SessionRoster.session_id))
    if claimed is None:
        return False
    expected = effective(session_id).subquery()
    a = SessionAttendee
    written = select(
        literal(session_id),
        expected.c.attendee_id,
        expected.c.endpoint_id,
        expected.c.unit_id,
        expected.c.origin,
        literal(now, UtcDateTime),
        literal("expected"),
    )
    into = [
        a.session_id,
        a.attendee_id,
        a.endpoint_id,
        a.unit_id,
        a.origin,
        a.added_at,
        a.state,
    ]
    # `true` keeps SQLite from reading ON CONFLICT as a join's condition.
    statement = tx.upsert(SessionAttendee).from_select(into, written.where(literal(1) == 1))
    await tx.execute(statement.on_conflict_do_nothing())
    people = select(func.count()).where(a.session_id == session_id).scalar_subquery()
    await tx.execute(
        update(SessionRoster)
        .where(SessionRoster.session_id == session_id)
        .values(people=people)
        .execution_options(synchronize_session=False)
    )
    await freezing.freeze(tx, session_id, now)
    return True


async def add_to_session(
    tx: Tx, session_id: int, places: Iterable[tuple[int, int, int]], origin: str, now: datetime
) -> None:
    """Guests added to a frozen list, (attendee id, endpoint id, unit id): whoever stands there already stays
    as they are; whoever was removed comes back, as this addition says."""
    a, statement = SessionAttendee, tx.upsert(SessionAttendee)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=[a.session_id, a.attendee_id],
        set_={
            "endpoint_id": new.endpoint_id,
            "origin": new.origin,
            "removed_at": None,
            "touched": unix_now(),
        },
        where=a.removed_at.is_not(None),
    )
    await _place(tx, statement, session_id, places, origin, now)


async def place_in_session(
    tx: Tx, session_id: int, places: Iterable[tuple[int, int, int]], now: datetime
) -> None:
    """An officer's additions to a frozen list, (attendee id, endpoint id, unit id): whoever is there already
    gets this room, whoever was removed comes back."""
    a, statement = SessionAttendee, tx.upsert(SessionAttendee)
    statement = statement.on_conflict_do_update(
        index_elements=[a.session_id, a.attendee_id],
        set_={"endpoint_id": statement.excluded.endpoint_id, "removed_at": None, "touched": unix_now()},
    )
    await _place(tx, statement, session_id, places, OFFICER, now)


async def _place(
    tx: Tx,
    statement: Any,
    session_id: int,
    places: Iterable[tuple[int, int, int]],
    origin: str,
    now: datetime,
) -> None:
    """All by one statement, and frozen."""
    places = list(places)
    rows = [
        {
            "session_id": session_id,
            "attendee_id": attendee,
            "endpoint_id": endpoint,
            "unit_id": unit,
            "origin": origin,
            "added_at": now,
            "state": "expected",
        }
        for attendee, endpoint, unit in places
    ]
    if not rows:
        return
    await tx.rows(statement, rows)
    await freezing.freeze_people(tx, session_id, now, [attendee for attendee, _, _ in places])


async def touch(tx: Tx, session_id: int, people: Collection[int]) -> None:
    """Something that their room's list shows of these people changed, and their line of it did not."""
    a = SessionAttendee
    changed = update(a).where(a.session_id == session_id, a.attendee_id.in_(people))
    await tx.execute(changed.values(touched=unix_now()).execution_options(synchronize_session=False))


async def approved_absences(tx: Tx, session_id: int) -> set[int]:
    """Whose notice of absence was approved, by the entry that it names."""
    n = AbsenceNotice
    query = select(n.attendee_id).where(n.session_id == session_id, n.state == "approved")
    return set(await tx.scalars(query))


async def fill(
    tx: Tx,
    pairs: Iterable[tuple[int, int]],
    now: datetime,
    *,
    session_id: int | None = None,
    course_id: int | None = None,
    excluded: bool = False,
) -> None:
    """Entries (attendee id, endpoint id) of a session, of a course, or standing; an upsert in bulk."""
    rows = [
        {
            "attendee_id": attendee,
            "endpoint_id": endpoint,
            "session_id": session_id,
            "course_id": course_id,
            "excluded": excluded,
            "created_at": now,
        }
        for attendee, endpoint in dict(pairs).items()
    ]
    if not rows:
        return
    r = RosterEntry
    keys: list[Any] = [r.attendee_id]
    where = text(STANDING_ENTRY)
    if session_id is not None:
        keys, where = [r.session_id, r.attendee_id], text(SESSION_ENTRY)
    elif course_id is not None:
        keys, where = [r.course_id, r.attendee_id], text(COURSE_ENTRY)
    statement = tx.upsert(RosterEntry)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=keys,
        index_where=where,
        set_={"endpoint_id": new.endpoint_id, "excluded": new["excluded"]},
        where=(r.endpoint_id != new.endpoint_id) | (r.excluded != new["excluded"]),
    )
    await tx.rows(statement, rows)


def merged() -> CTE:
    """Merged people: (id, kept), through merges of merges."""
    a = PersonColumns
    first = select(a.id, a.merged_into_id.label("kept")).where(a.merged_into_id.is_not(None))
    chain = first.cte("chain", recursive=True)
    step = select(chain.c.id, a.merged_into_id).join(*a.of(chain.c.kept))
    chain = chain.union(step.where(a.merged_into_id.is_not(None)))
    last = select(chain.c.id, chain.c.kept).join(*a.of(chain.c.kept))
    return last.where(a.merged_into_id.is_(None)).cte("merged")


def effective(session_id: int) -> Select[Any]:
    """Selects the session's expected people as `Expected`, by the lists as they stand now, and then `level`:
    0 where the session's own list said so, 1 the course's, 2 the standing one."""
    r, same = RosterEntry, merged()
    course = select(CourseSession.course_id).where(CourseSession.session_id == session_id)
    rooms = select(PlaceColumns.endpoint_id).where(
        PlaceColumns.session_id == session_id, PlaceColumns.removed_at.is_(None)
    )
    counts = r.excluded | r.endpoint_id.in_(rooms)
    levels = (
        (r.session_id == session_id) & counts,
        r.course_id.in_(course) & counts,
        and_(r.session_id.is_(None), r.course_id.is_(None), r.endpoint_id.in_(rooms)),
    )
    found = union_all(
        *(
            select(
                r.id, r.attendee_id, r.endpoint_id, r.excluded, r.created_at, literal(level).label("level")
            ).where(condition)
            for level, condition in enumerate(levels)
        )
    ).cte("found")
    person = func.coalesce(same.c.kept, found.c.attendee_id)
    place = func.row_number().over(
        partition_by=person, order_by=(found.c.level, same.c.kept.is_not(None), found.c.id)
    )
    ranked = (
        select(
            person.label("person"),
            found.c.endpoint_id,
            found.c.excluded,
            found.c.created_at,
            found.c.level,
            place.label("place"),
        )
        .outerjoin_from(found, same, same.c.id == found.c.attendee_id)
        .cte("ranked")
    )
    a = PersonColumns
    return (
        select(
            ranked.c.person.label("attendee_id"),
            ranked.c.endpoint_id,
            a.unit_id,
            literal(ROSTER).label("origin"),
            ranked.c.created_at.label("added_at"),
            literal(None, UtcDateTime).label("removed_at"),
            ranked.c.level,
        )
        .join(*a.of(ranked.c.person))
        .where(ranked.c.place == 1, ~ranked.c.excluded, a.retired_at.is_(None), a.erased_at.is_(None))
        .order_by(ranked.c.person)
    )
