"""Use cases of attendance: store what is reported, idempotently; read figures derived from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from confhub.db.database import Database
from confhub.engine.engine import EngineEvent, EngineParticipant
from confhub.kernel.clock import Clock
from confhub.kernel.ids import SessionId
from confhub.registry.pairing import EndpointPrincipal


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry of a room's own connection log (endpoint contract)."""

    seq: int
    at: datetime
    event: str
    """joined | present | left | lost"""
    session_id: SessionId
    connection: str


@dataclass(frozen=True, slots=True)
class LogReceipt:
    """What became of a batch. All of it is acknowledged, also what was refused: it will not get better."""

    log_through: int
    """The highest seq of the batch; the room may forget entries up to it."""
    stored: int
    doubled: int
    refused: int


class AttendanceService:
    """Owns one task, which writes what was collected in one transaction: `start()`, `await close()`."""

    def __init__(self, db: Database, clock: Clock) -> None: ...

    async def start(self) -> None:
        """Start the writer (group commit). Without it, each call commits by itself."""

    async def close(self) -> None:
        """Write what is waiting, and stop."""

    async def observe(self, event: EngineEvent) -> bool:
        """Store one webhook's event and apply it to live presence; returns after the commit.

        True if it was new and concerned a known session's room. Idempotent.
        """
        raise NotImplementedError

    async def observe_room_log(
        self, principal: EndpointPrincipal, entries: Sequence[LogEntry], *, room_now: datetime | None = None
    ) -> LogReceipt:
        """Store a room's own log; returns after the commit. Idempotent by (endpoint, seq, connection, event).

        `room_now`: the room's clock when it sent the batch, if it said so; the offset to the hub's
        clock is taken off when over 2 s.
        """
        raise NotImplementedError

    async def reconcile(self, session_id: SessionId, participants: Sequence[EngineParticipant]) -> None:
        """Store that these participants, and no others, are in the session's media room now.

        Writes a mark per connection, the joins and leaves that webhooks missed, and applies both to
        live presence. Call each 15 s while lobby or live, and once right before the media room closes.
        """
        raise NotImplementedError
