"""Rooms that a series books and that never come: not in one of its last sessions that were held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, func, select

from confhub.access.rules import Actor
from confhub.db.database import Tx
from confhub.org.published import UnitColumns
from confhub.registry.published import RoomColumns
from confhub.scheduling.models import Booking, OccurrenceRow, SeriesRow
from confhub.scheduling.store import visible_to
from confhub.scheduling.values import SeriesId
from confhub.sessions.published import PlaceColumns, SessionColumns
from confhub.sessions.values import SessionState

RUNNING: Final = 3
"""Sessions held without the room, one after the other: once is a line that failed, twice is chance."""
_ROOMS_MAX: Final = 200
"""Rooms named on one page."""
_OVER: Final = (SessionState.ENDED.value, SessionState.ARCHIVED.value)


@dataclass(frozen=True, slots=True)
class UnusedRoom:
    """A room that did not join the last sessions of a series, and is booked for coming ones."""

    series_id: SeriesId
    title: str
    room_name: str


async def unused_rooms(tx: Tx, actor: Actor, *which: ColumnElement[bool]) -> Sequence[UnusedRoom]:
    """Of the series that the actor may see and that fit `which`, by title and room."""
    o, s, p = OccurrenceRow, SessionColumns, PlaceColumns
    numbered: Any = (
        select(
            o.series_id,
            o.session_id,
            func.row_number().over(partition_by=o.series_id, order_by=s.starts_at.desc()).label("place"),
        )
        .join(*s.of(o.session_id))
        .join(SeriesRow, SeriesRow.id == o.series_id)
        .where(s.state.in_(_OVER), s.actual_start.is_not(None), SeriesRow.ended_at.is_(None), *which)
        .subquery()
    )
    last = numbered.c
    coming = exists().where(
        Booking.endpoint_id == p.endpoint_id,
        Booking.session_id == o.session_id,
        o.series_id == SeriesRow.id,
    )
    query = (
        select(SeriesRow.id, SeriesRow.title, RoomColumns.name)
        .select_from(numbered)
        .join(SeriesRow, SeriesRow.id == last.series_id)
        .join(*UnitColumns.of(SeriesRow.unit_id))
        .join(*p.on(p.session_id == last.session_id))
        .join(*RoomColumns.of(p.endpoint_id))
        .where(last.place <= RUNNING, p.removed_at.is_(None), p.expected_until.is_(None), visible_to(actor))
        .group_by(SeriesRow.id, SeriesRow.title, p.endpoint_id, RoomColumns.name, RoomColumns.sort_key)
        .having(func.count() == RUNNING, func.count(p.last_seen_at) == 0, coming)
        .order_by(SeriesRow.title, SeriesRow.id, RoomColumns.sort_key)
        .limit(_ROOMS_MAX)
    )
    return [UnusedRoom(SeriesId(key), title, name) for key, title, name in await tx.execute(query)]
