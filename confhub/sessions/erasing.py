"""Reasons in sessions' histories that name somebody who was erased. Inside somebody's transaction."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from confhub.db.database import Tx
from confhub.sessions.models import SessionChange


async def forget_reasons(tx: Tx, tells: Callable[[int, str], bool]) -> list[str]:
    """Empty each reason of a change of state of which `tells(session id, reason)`; gives what stood there."""
    gone = []
    for change in await tx.scalars(select(SessionChange).where(SessionChange.reason != "")):
        if tells(change.session_id, change.reason):
            gone.append(change.reason)
            change.reason = ""
    return gone
