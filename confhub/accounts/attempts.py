"""Failed attempts as the doors count them: all who fail at the same time in one transaction."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from confhub.accounts.limits import Count, Stretch, check, note_failure, note_in_stretch
from confhub.db.database import Database, Tx
from confhub.db.together import Together


class _Failure(NamedTuple):
    """One attempt that failed: what it counts against, by either kind of count."""

    counts: Sequence[Count]
    stretches: Sequence[tuple[Stretch, str]]
    at: datetime


class AttemptBook:
    """A door's: guesses at it, however many at once, are one writer among the others."""

    def __init__(self, db: Database) -> None:
        self._together: Together[_Failure] = Together(db, _write)
        self._unwritten: Counter[tuple[str, str]] = Counter()

    async def check(self, tx: Tx, counts: Sequence[Count], now: datetime) -> None:
        """As `limits.check`, with what is noted here and not yet written."""
        await check(tx, counts, now, self._unwritten)

    def note(self, counts: Sequence[Count], now: datetime) -> asyncio.Future[None]:
        """As `note_failure`; counts at once, and is done when it is committed."""
        keys = Counter((limit.kind, key) for limit, key in counts)
        noted = self._together.submit(_Failure(counts, (), now))
        self._unwritten += keys
        noted.add_done_callback(lambda _: self._unwritten.subtract(keys))
        return noted

    def note_in_stretch(self, counts: Sequence[tuple[Stretch, str]], now: datetime) -> asyncio.Future[None]:
        """As `limits.note_in_stretch`; done when it is committed."""
        return self._together.submit(_Failure((), counts, now))


async def _write(tx: Tx, failures: Sequence[_Failure]) -> None:
    now = max(failure.at for failure in failures)
    if counts := [count for failure in failures for count in failure.counts]:
        await note_failure(tx, counts, now)
    if stretches := [count for failure in failures for count in failure.stretches]:
        await note_in_stretch(tx, stretches, now)
