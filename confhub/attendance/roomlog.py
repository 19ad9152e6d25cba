"""A room's own connection log: what of it is believed, and at which moment.

Clocks: a room's clock may be wrong; it is judged from the quickest of its round trips to the hub, and what it
is off is taken off every entry of the batch (`kernel.roundtrip`). Where nobody can know it yet, nothing of
the batch is acknowledged, and the room sends it again.

Refused, yet acknowledged, because the same entry would be refused again: entries of a session that the
room does not belong to, from before its lobby opened, from long after its end, or from the future.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from confhub.attendance.values import Kind
from confhub.kernel.ids import SessionId

AHEAD: Final = timedelta(seconds=2)
"""An entry may be that far ahead of the hub's clock, after correction."""

BEFORE_OPENING: Final = timedelta(minutes=1)
"""A room may have joined that long before the hub noted the lobby as open: clocks and commits differ."""

AFTER_END: Final = timedelta(minutes=10)
"""A room may say that long after the end that it was still there; it is cut off, but kept."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry of a room's own connection log (endpoint contract), as the room wrote it."""

    seq: int
    at: datetime
    event: Kind
    session_id: SessionId
    connection: str


@dataclass(frozen=True, slots=True)
class LogReceipt:
    """What became of a batch. All of it is acknowledged, also what was refused."""

    log_through: int
    """The highest seq of the batch, 0 for an empty one; the room may forget entries up to it."""
    stored: int
    doubled: int
    refused: int


@dataclass(frozen=True, slots=True)
class SessionWindow:
    """When a session's rooms could be in it. `opened`: its lobby's opening; None: it never opened."""

    opened: datetime | None
    ended: datetime | None


def believed(at: datetime, received_at: datetime, window: SessionWindow) -> bool:
    """Whether an entry at this (corrected) moment can be true for a session with this window."""
    if window.opened is None or at < window.opened - BEFORE_OPENING:
        return False
    if at > received_at + AHEAD:
        return False
    return window.ended is None or at <= window.ended + AFTER_END
