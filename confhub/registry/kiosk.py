"""Kiosk logins: a single-use ticket opens the room's browser in one session."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, delete, select, update

from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.kernel.ids import SessionId
from confhub.kernel.remembered import Remembered
from confhub.org.events import UnitChanged
from confhub.org.published import UnitColumns
from confhub.registry import store
from confhub.registry.errors import TicketInvalid
from confhub.registry.events import EndpointChanged, MachineRevoked, PairingChanged
from confhub.registry.models import CredentialRow, EndpointRow, KioskLoginRow, KioskTicketRow
from confhub.registry.rules import digest, new_token
from confhub.registry.values import EndpointPrincipal, KioskPrincipal

TICKET_TTL_S: Final = 60
"""The browser starts within seconds; on a slow machine within half a minute."""

LOGIN_TTL_S: Final = 24 * 3600
"""As long as the longest session."""

_SECRET_MAX_CHARS = 100

SEEN_FOR_S: Final = 15.0
"""A room's browser or machine that another hub put out is out here after that long at the latest; on the hub
that did it, at once. Half as long again as a screen's pause, so that one that asks in time is known each
time."""

SEEN_MAX: Final = 5_000
"""Rooms' browsers and machines remembered in memory: a dozen for each of 302 rooms."""

TOPICS: Final = (MachineRevoked, PairingChanged, EndpointChanged, UnitChanged)
"""What changes who a room's browser or machine is."""


class KioskService:
    """Tickets and browser logins of rooms. The caller checks that the room belongs to the session."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._seen: Remembered[str, tuple[KioskPrincipal, datetime]] = Remembered(
            db.bus, clock, TOPICS, for_s=SEEN_FOR_S, most=SEEN_MAX
        )

    async def ticket(self, principal: EndpointPrincipal, session_id: SessionId) -> str:
        """A ticket valid once within 60 s. Old tickets and logins that have expired are swept out."""
        secret = new_token()
        now = self._clock.now()
        async with self._db.transaction() as tx:
            await tx.execute(delete(KioskTicketRow).where(KioskTicketRow.expires_at < now))
            await tx.execute(delete(KioskLoginRow).where(KioskLoginRow.expires_at < now))
            tx.add(
                KioskTicketRow(
                    ticket_hash=digest(secret),
                    endpoint_id=principal.endpoint_id,
                    credential_id=principal.credential_id,
                    session_id=session_id,
                    expires_at=now + timedelta(seconds=TICKET_TTL_S),
                )
            )
        return secret

    async def enter(self, ticket: str) -> tuple[str, SessionId]:
        """Exchange a ticket for (cookie token, session id). Raises `TicketInvalid`.

        The room's older browser logins to that session end: a kiosk has one window.
        """
        if len(ticket) > _SECRET_MAX_CHARS:
            raise TicketInvalid(field="ticket")
        now = self._clock.now()
        async with self._db.transaction() as tx:
            used = await tx.execute(
                update(KioskTicketRow)
                .where(KioskTicketRow.ticket_hash == digest(ticket))
                .where(KioskTicketRow.used_at.is_(None), KioskTicketRow.expires_at > now)
                .values(used_at=now)
                .returning(
                    KioskTicketRow.endpoint_id, KioskTicketRow.credential_id, KioskTicketRow.session_id
                )
            )
            found = used.first()
            if found is None:
                raise TicketInvalid(field="ticket")
            endpoint_id, credential_id, session_id = found
            credential = await tx.get(CredentialRow, credential_id)
            if credential is None or credential.revoked_at is not None:
                raise TicketInvalid(field="ticket")
            await tx.execute(
                delete(KioskLoginRow).where(
                    KioskLoginRow.endpoint_id == endpoint_id, KioskLoginRow.session_id == session_id
                )
            )
            secret = new_token()
            tx.add(
                KioskLoginRow(
                    token_hash=digest(secret),
                    endpoint_id=endpoint_id,
                    credential_id=credential_id,
                    session_id=session_id,
                    csrf=new_token(),
                    expires_at=now + timedelta(seconds=LOGIN_TTL_S),
                )
            )
        self._seen.forget()
        return secret, SessionId(session_id)

    async def principal_of(self, cookie: str) -> KioskPrincipal | None:
        """The room's browser behind a cookie, or None (unknown, expired, revoked, room retired). Mostly out
        of memory."""
        if len(cookie) > _SECRET_MAX_CHARS:
            return None
        found = await self._seen.among(digest(cookie), self._read)
        return found[0] if found is not None and found[1] > self._clock.now() else None

    async def _read(self, hashes: Collection[str]) -> dict[str, tuple[KioskPrincipal, datetime]]:
        """Who it is, and until when."""
        found: dict[str, tuple[KioskPrincipal, datetime]] = {}
        for row in await self._db.ask(_BROWSERS, {"hashes": list(hashes)}):
            kiosk = KioskPrincipal(store.principal_in(row), SessionId(row.session_id), row.csrf)
            found[row.token_hash] = (kiosk, row.expires_at)
        return found

    async def leave(self, cookie: str) -> None:
        """End the browser's login; unknown ones are ignored."""
        async with self._db.transaction() as tx:
            await tx.execute(delete(KioskLoginRow).where(KioskLoginRow.token_hash == digest(cookie)))
        self._seen.forget()


_BROWSERS: Final = (
    select(
        KioskLoginRow.token_hash,
        KioskLoginRow.session_id,
        KioskLoginRow.csrf,
        KioskLoginRow.expires_at,
        *store.PRINCIPAL,
    )
    .join(CredentialRow, CredentialRow.id == KioskLoginRow.credential_id)
    .join(EndpointRow, EndpointRow.id == KioskLoginRow.endpoint_id)
    .join(*UnitColumns.of(EndpointRow.unit_id))
    .where(KioskLoginRow.token_hash.in_(bindparam("hashes", expanding=True)))
    .where(CredentialRow.revoked_at.is_(None), EndpointRow.retired_at.is_(None))
)
