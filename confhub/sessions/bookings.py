"""How a layer above keeps who has which room when, and hears of sessions that are changed by hand: told
inside the transaction that changes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from confhub.access.rules import Actor
from confhub.db.database import Tx
from confhub.sessions.values import SessionInput


class Bookings(Protocol):
    """What the session services tell."""

    async def alone(self, tx: Tx) -> None:
        """Until this transaction ends, nobody else books. Asked before a session's row is locked."""
        ...

    async def settle(self, tx: Tx, actor: Actor, session_ids: Sequence[int], *, reason: str = "") -> None:
        """State, hours or rooms of these sessions changed. `reason`: why rooms are booked that another one
        has. Raises where they may not be."""
        ...

    async def edited(self, tx: Tx, session_id: int, wanted: SessionInput, now: datetime) -> None:
        """The session's form was saved."""
        ...
