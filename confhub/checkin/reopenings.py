"""Reasons of reopened attendances that name somebody who was erased. Inside somebody's transaction."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from confhub.audit import marks
from confhub.checkin.models import AttendanceSeal
from confhub.db.database import Tx


async def forget_reasons(tx: Tx, tells: Callable[[int, str], bool]) -> list[str]:
    """Put its mark in place of each reason of which `tells(session id, reason)`; gives what stood there."""
    gone = []
    opened = select(AttendanceSeal).where(AttendanceSeal.reopen_reason.is_not(None))
    for seal in await tx.scalars(opened):
        reason = marks.shown(seal.reopen_reason or "")
        if reason and tells(seal.session_id, reason):
            gone.append(reason)
            seal.reopen_reason = marks.mark(reason)
    return gone
