"""Whether a certificate is true: what the public page says to whoever holds it.

A code of 80 random bits stands on the paper beside the number, and in its QR code. Numbers can be counted, so
that a number alone tells nothing. Papers from before there was a code have a longer token in their QR code;
without a camera they are found by number and name together, as both stand on the paper.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from cachetools import FIFOCache
from sqlalchemy import func, select

from confhub.access.rules import Actor
from confhub.accounts.attempts import AttemptBook
from confhub.accounts.limits import address_key, check
from confhub.db.database import Database, Tx
from confhub.i18n.identity import identity_key
from confhub.kernel.clock import Clock
from confhub.people.looks import LookBook
from confhub.people.rules import plain_badge
from confhub.training import errors, numbering
from confhub.training.limits import LOOKUPS_PER_MINUTE, VERIFY_BY_ADDRESS
from confhub.training.models import CertificateRow
from confhub.training.values import Verified

ANYBODY: Final = Actor(None, "verification page", "vi")
"""Who holds a certificate and asks whether it is true."""

TOKEN_CHARS: Final = 40
_ADDRESSES_MAX: Final = 10_000
"""Addresses whose lookups are counted at a time; the oldest is forgotten."""


class VerifyService:
    """Open to everybody. Whoever was shown a person is written down as a look."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._looks = LookBook(db, clock)
        self._attempts = AttemptBook(db)
        self._lookups: FIFOCache[str, list[datetime]] = FIFOCache(_ADDRESSES_MAX)

    async def scanned(self, token: str) -> Verified:
        """What the QR code's address says."""
        code = plain_badge(token) or token[:TOKEN_CHARS]
        async with self._db.reading() as tx:
            wanted = [code, token[:TOKEN_CHARS]]
            row = await tx.scalar(select(CertificateRow).where(CertificateRow.token.in_(wanted)))
        return await self._shown_to_all(row)

    async def typed(self, address: str, *, code: str = "", number: str = "", name: str = "") -> Verified:
        """What typing the code says; or number and name, of a paper without a code. Raises
        `VerifyIncomplete`, `TooManyAttempts` after what does not exist, `LookupsTooMany` for too many in a
        minute."""
        if not code.strip() and not (number.strip() and name.strip()):
            raise errors.VerifyIncomplete(field="code")
        now = self._clock.now()
        key = address_key(address)
        self._count_lookup(key, now)
        counted = [(VERIFY_BY_ADDRESS, key)]
        async with self._db.reading() as tx:
            await check(tx, counted, now)
            row = await (_by_code(tx, code) if code.strip() else _by_paper(tx, number, name))
        if row is None:
            await self._attempts.note(counted, now)
        return await self._shown_to_all(row)

    async def _shown_to_all(self, row: CertificateRow | None) -> Verified:
        if row is not None:
            await self._looks.told(ANYBODY, "verify", [row.attendee_id], detail=f"course {row.course_id}")
        return _verified(row)

    def _count_lookup(self, key: str, now: datetime) -> None:
        since = now - timedelta(minutes=1)
        recent = [moment for moment in self._lookups.get(key, []) if moment > since]
        if len(recent) >= LOOKUPS_PER_MINUTE:
            self._lookups[key] = recent
            wait = (recent[0] - since).total_seconds()
            raise errors.LookupsTooMany(retry_after_s=max(1, round(wait)))
        self._lookups[key] = [*recent, now]


async def _by_code(tx: Tx, code: str) -> CertificateRow | None:
    plain = plain_badge(code)
    if plain is None:
        return None
    return await tx.scalar(select(CertificateRow).where(CertificateRow.token == plain))


async def _by_paper(tx: Tx, number: str, name: str) -> CertificateRow | None:
    """One from before there was a code, by all that its paper has."""
    wanted = numbering.same_number(number)
    row = await tx.scalar(
        select(CertificateRow)
        .where((CertificateRow.number == wanted) | (func.upper(CertificateRow.number) == wanted))
        .order_by(CertificateRow.number != wanted)
        .limit(1)
    )
    if row is None or code_of(row.token) or not row.printed.get("name"):
        return None
    return row if identity_key(str(row.printed["name"])) == identity_key(name) else None


def code_of(token: str) -> str:
    """The code on the paper, plain; empty for a certificate from before there was one."""
    return token if plain_badge(token) == token else ""


def _verified(row: CertificateRow | None) -> Verified:
    if row is None:
        return Verified("unknown")
    return Verified(
        state="valid" if row.revoked_at is None else "revoked",
        number=row.number,
        name=str(row.printed.get("name", "")),
        course=str(row.printed.get("course", "")),
        agency=str(row.printed.get("agency", "")),
        issued_at=row.issued_at,
        revoked_at=row.revoked_at,
    )
