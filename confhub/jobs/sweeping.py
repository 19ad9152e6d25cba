"""Sweeping: rows that have expired and are refused anyway; whoever would delete them may never come again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from confhub.accounts import limits, origins
from confhub.accounts import store as accounts
from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.people import store as people
from confhub.registry import store as rooms

KEPT = timedelta(hours=1)
"""A ticket used a moment too late is still told what is wrong with it."""


def every_sweep(db: Database, clock: Clock) -> dict[str, Callable[[], Awaitable[object]]]:
    """The sweeps by name, as the clockwork runs them; a new one is entered here."""
    return {
        "kiosk": partial(sweep_kiosk, db, clock),
        "pairing": partial(sweep_pairing, db, clock),
        "logins": partial(sweep_logins, db, clock),
        "imports": partial(sweep_imports, db, clock),
    }


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
