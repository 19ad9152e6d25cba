"""How far the hub's clock is ahead of the engine's: judged from round trips, and good to half a second.

Each answer of the engine carries its `Date`, in whole seconds, written between the question and the answer:

hub       asked ─────────────────────────────► heard
engine               Date ≤ written < Date + 1 s

So the hub is ahead by something between `asked - Date - 1 s` and `heard - Date`. What all answers of the last
minutes allow together is narrower than what one does.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

KEPT: Final = 40
"""Answers that count: ten minutes of looks each 15 s; a quartz drifts by 30 ms meanwhile."""

_SECOND: Final = timedelta(seconds=1)
_NOTHING: Final = timedelta(0)


class _Between(NamedTuple):
    low: timedelta
    high: timedelta


class Skew:
    """`offset` is what to add to the engine's times to have the hub's. It stays as it is while the answers
    allow it, so that one moment is told alike each time."""

    def __init__(self) -> None:
        self._answers: deque[_Between] = deque(maxlen=KEPT)
        self.offset = _NOTHING

    def note(self, asked: datetime, date: str, heard: datetime) -> None:
        """One answer. `date`: its header; one that cannot be read tells nothing."""
        try:
            written = parsedate_to_datetime(date)
        except ValueError:
            return
        if written.tzinfo is None:
            return
        newest = _Between(asked - written - _SECOND, heard - written)
        self._answers.append(newest)
        low = max(one.low for one in self._answers)
        high = min(one.high for one in self._answers)
        if low > high:  # one of the two clocks was set
            self._answers.clear()
            self._answers.append(newest)
            low, high = newest
        if not low <= self.offset <= high:
            self.offset = _NOTHING if low <= _NOTHING <= high else (low + high) / 2
