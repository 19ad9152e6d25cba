"""When to try again, and when to give up: one rule for all that leaves the hub. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

WAITS: Final = (
    timedelta(seconds=15),
    timedelta(minutes=2),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=8),
    timedelta(hours=24),
)
"""Between two tries of a parcel; after the last one it is given up, a day and a half after the first.
A mail server that does not know the hub yet (greylisting) lets it in within the first three."""

AWAY_LONGEST: Final = timedelta(hours=1)
"""A receiver that is away is asked at least so often: an outage of a night costs a dozen requests."""


def next_try(counted: int, now: datetime) -> datetime | None:
    """After so many tries that failed by the parcel itself (1 or more); None: it is given up."""
    return now + WAITS[counted - 1] if counted <= len(WAITS) else None


def back_then(attempts: int, asked_s: int, now: datetime) -> datetime:
    """When a receiver that was away is asked again, after so many tries (1 or more) of what was handed to it.
    `asked_s`: the wait that it asked for, which is kept up to `AWAY_LONGEST`."""
    wait = max(WAITS[min(attempts, len(WAITS)) - 1], timedelta(seconds=asked_s))
    return now + min(wait, AWAY_LONGEST)
