"""Sweeping: rows that have expired and are refused anyway; whoever would delete them may never come again."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from confhub.accounts import limits, origins
from confhub.accounts import store as accounts
from confhub.db.database import Database
from confhub.jobs.recurring import Work
from confhub.kernel.clock import Clock
from confhub.people import store as people
from confhub.registry import store as rooms

KEPT = timedelta(hours=1)
"""A ticket used a moment too late is still told what is wrong with it."""


SWEEP_S = 600.0
"""What has expired is refused anyway; sweeping only keeps tables small."""


def every_sweep(db: Database, clock: Clock, lease: str) -> list[Work]:
    """The sweeps; a new one is entered here."""
    sweeps = {
        "kiosk tickets": sweep_kiosk,
        "pairing requests": sweep_pairing,
        "logins": sweep_logins,
        "imports": sweep_imports,
    }
    return [
        Work(f"expired {name}", SWEEP_S, partial(sweep, db, clock), lease) for name, sweep in sweeps.items()
    ]


async def sweep_kiosk(db: Database, clock: Clock) -> None:
    """Forget tickets and logins of the rooms' browsers that expired more than KEPT ago."""
    until = clock.now() - KEPT
    async with db.transaction() as tx:
        await rooms.forget_kiosk_logins(tx, until)


async def sweep_pairing(db: Database, clock: Clock) -> None:
    """Forget machines that asked to be paired and whose code nobody typed in time."""
    async with db.transaction() as tx:
        await rooms.forget_pairing_requests(tx, clock.now())


async def sweep_logins(db: Database, clock: Clock) -> None:
    """Forget people's expired logins, what they have not logged in from for long, and the counts of failed
    attempts that no limit looks at any more."""
    now = clock.now()
    async with db.transaction() as tx:
        await accounts.forget_logins(tx, now)
        await origins.sweep(tx, now)
        await limits.sweep(tx, now)


async def sweep_imports(db: Database, clock: Clock) -> None:
    """Forget uploaded files whose preview nobody applied in time."""
    async with db.transaction() as tx:
        await rooms.forget_drafts(tx, clock.now())
        await people.forget_drafts(tx, clock.now())
