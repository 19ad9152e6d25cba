"""Sweeping: rows that have expired and are refused anyway; whoever would delete them may never come again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from sqlalchemy import delete

from confhub.accounts import limits, origins
from confhub.accounts.models import LoginRow
from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.people.models import PeopleDraftRow
from confhub.registry.models import ImportDraftRow, KioskLoginRow, KioskTicketRow, PairingRequestRow

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
        await tx.execute(delete(KioskTicketRow).where(KioskTicketRow.expires_at < until))
        await tx.execute(delete(KioskLoginRow).where(KioskLoginRow.expires_at < until))


async def sweep_pairing(db: Database, clock: Clock) -> None:
    """Forget machines that asked to be paired and whose code nobody typed in time."""
    async with db.transaction() as tx:
        await tx.execute(delete(PairingRequestRow).where(PairingRequestRow.expires_at <= clock.now()))


async def sweep_logins(db: Database, clock: Clock) -> None:
    """Forget people's expired logins, what they have not logged in from for long, and the counts of failed
    attempts that no limit looks at any more."""
    now = clock.now()
    async with db.transaction() as tx:
        await tx.execute(delete(LoginRow).where(LoginRow.expires_at <= now))
        await origins.sweep(tx, now)
        await limits.sweep(tx, now)


async def sweep_imports(db: Database, clock: Clock) -> None:
    """Forget uploaded files whose preview nobody applied in time."""
    async with db.transaction() as tx:
        for draft in (ImportDraftRow, PeopleDraftRow):
            await tx.execute(delete(draft).where(draft.expires_at <= clock.now()))
