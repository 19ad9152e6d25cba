"""Marks: sessions whose letters are to be looked at, written in the transactions that change them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, Table, insert, select

from confhub.access.rules import Actor
from confhub.calendars.models import LetterMark
from confhub.db.database import Tx
from confhub.registry.published import RoomColumns
from confhub.scheduling.bookings import BookingKeeper
from confhub.sessions.published import PlaceColumns, SessionColumns
from confhub.sessions.values import SessionState

MARK = cast(Table, LetterMark.__table__)


class ToldBookings(BookingKeeper):
    """Whoever settles a session's bookings changed its state, its hours or its rooms: its letters are looked
    at as well."""

    async def settle(self, tx: Tx, actor: Actor, session_ids: Sequence[int], *, reason: str = "") -> None:
        """As above it."""
        await super().settle(tx, actor, session_ids, reason=reason)
        if session_ids:
            await tx.rows(insert(MARK), [{"session_id": key} for key in session_ids])


async def mark_coming(tx: Tx, rooms: ColumnElement[bool], now: datetime) -> None:
    """Sessions to come of rooms that `rooms`, a condition on `RoomColumns`, holds of."""
    s, p = SessionColumns, PlaceColumns
    coming = (
        select(p.session_id)
        .join(*s.of(p.session_id))
        .join(*RoomColumns.of(p.endpoint_id))
        .where(rooms, s.starts_at > now, s.state == SessionState.SCHEDULED.value)
        .distinct()
    )
    await tx.rows(insert(MARK).from_select(["session_id"], coming))
