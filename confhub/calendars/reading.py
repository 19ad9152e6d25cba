"""Sessions out of the database, as calendars show them; inside somebody's transaction."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.orm import aliased

from confhub.calendars.contacts import ADDRESS, OWN_CONTACT, UNIT_CONTACT
from confhub.calendars.limits import PLACE_MAX_CHARS
from confhub.calendars.pictures import Frame, Held
from confhub.db.database import Tx
from confhub.i18n.catalogue import Translate
from confhub.org.published import UnitColumns
from confhub.registry.published import RoomColumns
from confhub.scheduling.days_off import OnDaysOff
from confhub.scheduling.published import OccurrenceColumns, SeriesColumns
from confhub.scheduling.recurrence import read_rrule
from confhub.sessions.published import PlaceColumns, SessionColumns
from confhub.sessions.values import SessionState

SHOWN: Final = tuple(
    state.value
    for state in (
        SessionState.SCHEDULED, SessionState.LOBBY, SessionState.LIVE, SessionState.ENDED,
        SessionState.ARCHIVED,
    )
)  # fmt: skip
"""States of sessions that calendars have: announced, and not cancelled."""
_CHAIR = aliased(RoomColumns.rows())


@dataclass(frozen=True, slots=True)
class Words:
    """The few words of a calendar's entry, in one language."""

    translate: Translate

    def text(self, unit: str, chair: str) -> str:
        """What stands below an entry."""
        lines = [f"{self.translate('Organized by')}: {unit}"]
        if chair:
            lines.append(f"{self.translate('Chair')}: {chair}")
        return "\n".join(lines)

    def rooms(self, names: Sequence[str]) -> str:
        """Rooms in one line; those that have no place there are counted."""
        line = ""
        for at, name in enumerate(names):
            longer = f"{line}, {name}" if line else name
            if at and len(longer) > PLACE_MAX_CHARS:
                return self.translate("{rooms} and {count} more").format(rooms=line, count=len(names) - at)
            line = longer
        return line


def session_uid(session_id: int, created_at: datetime) -> str:
    """The UID of a session that belongs to no series: never another hub's."""
    told = f"{session_id} {created_at.timestamp()}"
    return f"{hashlib.sha256(told.encode()).hexdigest()[:32]}@confhub"


def sessions_query() -> Select[Any]:
    """Selects a session's columns, its unit's and its chair's name, the series and the date that it is."""
    s, o = SessionColumns, OccurrenceColumns
    return (
        select(
            s.id, s.title, s.starts_at, s.length_min, s.created_at, s.state_since,
            UnitColumns.name.label("unit"), _CHAIR.name.label("chair"), o.series_id, o.day,
        )
        .join(*UnitColumns.of(s.unit_id))
        .outerjoin(_CHAIR, _CHAIR.id == s.chair_endpoint_id)
        .outerjoin(*o.on(o.session_id == s.id))
        .where(s.state.in_(SHOWN))
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """A series as calendars need it. `looked_at`: the day on which its dates are, or were, to be made up to
    the horizon; None where none are made."""

    id: int
    uid: str
    unit_id: int
    unit: str
    on_days_off: OnDaysOff
    previous_id: int | None
    looked_at: date | None
    frame: Frame


async def series_facts(tx: Tx, ids: Iterable[int], words: Words) -> dict[int, SeriesFacts]:
    """Of these series."""
    s, o = SeriesColumns, OccurrenceColumns
    wanted = sorted(set(ids))
    found: dict[int, SeriesFacts] = {}
    for at in range(0, len(wanted), 500):
        some = wanted[at : at + 500]
        begun = select(o.series_id, func.min(o.day)).where(o.series_id.in_(some)).group_by(o.series_id)
        firsts = {row[0]: row[1] for row in await tx.execute(begun)}
        rows = await tx.execute(
            select(
                s.id, s.uid, s.unit_id, s.title, s.rule, s.first_day, s.hour, s.zone, s.on_days_off, s.form,
                s.made_until, s.previous_id, s.ended_at, s.look_on, s.stopped, UnitColumns.name,
            )
            .join(*UnitColumns.of(s.unit_id))
            .where(s.id.in_(some))
        )  # fmt: skip
        listed = rows.all()
        chairs = await _room_names(tx, [row.form["chair_endpoint_id"] for row in listed])
        for row in listed:
            found[row.id] = _facts(row, firsts.get(row.id, row.first_day), chairs, words)
    return found


def _facts(row: Row[Any], first: date, chairs: Mapping[int, str], words: Words) -> SeriesFacts:
    chair = chairs.get(row.form["chair_endpoint_id"] or 0, "")
    rule = read_rrule(row.rule, row.first_day, row.hour, ZoneInfo(row.zone))
    plain = Held(
        datetime.combine(row.first_day, row.hour, ZoneInfo(row.zone)),
        row.form["length_min"],
        row.title,
        chair,
        words.text(row.name, chair),
    )
    frame = Frame(
        rule, row.first_day, row.hour, row.zone, plain, first, row.made_until, row.ended_at is not None
    )
    looked_at = row.look_on if row.ended_at is None and row.stopped is None else None
    return SeriesFacts(
        row.id, row.uid, row.unit_id, row.name, OnDaysOff(row.on_days_off), row.previous_id, looked_at, frame
    )


async def _room_names(tx: Tx, ids: Iterable[int | None]) -> dict[int, str]:
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    rows = await tx.execute(select(RoomColumns.id, RoomColumns.name).where(RoomColumns.id.in_(wanted)))
    return {row[0]: row[1] for row in rows}


SESSIONS_AT_ONCE: Final = 5
"""With hundreds of rooms each: some thousand rows."""
_P = PlaceColumns
_ADDRESSED = (
    select(_P.session_id, ADDRESS, RoomColumns.name)
    .join(*RoomColumns.of(_P.endpoint_id))
    .outerjoin(*OWN_CONTACT)
    .outerjoin(*UNIT_CONTACT)
    .where(
        _P.session_id.in_(bindparam("some", expanding=True)),
        _P.expected_until.is_(None),
        _P.removed_at.is_(None),
        ADDRESS.is_not(None),
    )
    .order_by(_P.session_id, RoomColumns.sort_key, RoomColumns.id)
)


async def addressed(tx: Tx, session_ids: Sequence[int]) -> dict[int, dict[str, list[str]]]:
    """Session → address → the rooms that take part and whose letters go there, in their order."""
    found: defaultdict[int, dict[str, list[str]]] = defaultdict(dict)
    for at in range(0, len(session_ids), SESSIONS_AT_ONCE):
        rows = await tx.rows(_ADDRESSED, {"some": list(session_ids[at : at + SESSIONS_AT_ONCE])})
        for session_id, address, name in rows:
            found[session_id].setdefault(address, []).append(name)
    return found
