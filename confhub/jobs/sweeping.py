"""Sweeping: rows that have expired and are refused anyway. Logins and import drafts are swept by their own
services as new ones are made; the kiosk's are left to the clock, because a room may not come back."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete

from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.registry.models import KioskLoginRow, KioskTicketRow

KEPT = timedelta(hours=1)
"""A ticket used a moment too late is still told what is wrong with it."""


async def sweep_kiosk(db: Database, clock: Clock) -> None:
    """Forget tickets and logins of the rooms' browsers that expired more than KEPT ago."""
    until = clock.now() - KEPT
    async with db.transaction() as tx:
        await tx.execute(delete(KioskTicketRow).where(KioskTicketRow.expires_at < until))
        await tx.execute(delete(KioskLoginRow).where(KioskLoginRow.expires_at < until))
