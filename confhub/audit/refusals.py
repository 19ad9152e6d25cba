"""What was refused at the doors: failed logins, throttled ones, forged requests. Counted, then written down.

A flood must not fill the trail: what is alike (action, subject, address) is one row a minute with its count,
and past a cap of kinds the rest is counted together. A crash loses at most that minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from confhub.access.rules import ROOT_PATH, Actor
from confhub.audit.service import asked_from, record
from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.kernel.limits import NAME_MAX_CHARS

WRITE_EVERY_S: Final = 60.0

KINDS_MAX: Final = 200
"""Rows a minute, whatever comes: about 50 MB a day of a flood from ever new addresses."""


class _Kind(NamedTuple):
    """What is counted together."""

    action: str
    subject: str
    subject_id: str
    address: str
    who: str
    path: str
    reason: str


@dataclass(slots=True)
class _Count:
    first_at: datetime
    count: int = 0


class Refusals:
    """`note` at any time; `write` every minute. What it cannot write stays for the next minute."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock
        self._counts: dict[_Kind, _Count] = {}

    def note(
        self,
        action: str,
        subject: str,
        subject_id: int | str = "",
        *,
        who: str = "",
        path: str = ROOT_PATH,
        reason: str = "",
    ) -> None:
        """Somebody at the present request's address was refused `action`. Never what was typed.

        `who`: a device or an account, where one is known; `reason`: the refusal's code; `path`: the branch
        whose officers read of it.
        """
        key = _Kind(
            action, subject, str(subject_id)[:80], asked_from.get(), who[:NAME_MAX_CHARS], path, reason
        )
        if key not in self._counts and len(self._counts) >= KINDS_MAX:
            key = _Kind(action, subject, "", "*", "", ROOT_PATH, "")
        self._counts.setdefault(key, _Count(self._clock.now())).count += 1

    async def write(self) -> None:
        """One row for each kind that was noted."""
        if not self._counts:
            return
        taken, self._counts = self._counts, {}
        here = asked_from.set("")
        try:
            async with self._db.transaction() as tx:
                for kind, one in taken.items():
                    asked_from.set(kind.address)
                    reason = {"refused_as": kind.reason} if kind.reason else {}
                    record(
                        tx, Actor(None, kind.who, "vi"), kind.action, kind.subject, kind.subject_id,
                        one.first_at, path=kind.path, count=one.count, **reason,
                    )  # fmt: skip
        except BaseException:
            for key, one in taken.items():
                self._counts.setdefault(key, _Count(one.first_at)).count += one.count
            raise
        finally:
            asked_from.reset(here)
