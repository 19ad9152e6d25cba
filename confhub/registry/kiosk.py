"""Kiosk logins: a single-use ticket opens the room's browser in one session."""

from __future__ import annotations

from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.kernel.ids import SessionId
from confhub.registry.values import EndpointPrincipal, KioskPrincipal

TICKET_TTL_S = 60
LOGIN_TTL_S = 24 * 3600


class KioskService:
    """Tickets and browser logins of rooms. The caller checks that the room belongs to the session."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def ticket(self, principal: EndpointPrincipal, session_id: SessionId) -> str:
        """A ticket valid once within 60 s."""
        raise NotImplementedError

    async def enter(self, ticket: str) -> tuple[str, SessionId]:
        """Exchange a ticket for (cookie token, session id). Raises `TicketInvalid`."""
        raise NotImplementedError

    async def principal_of(self, cookie: str) -> KioskPrincipal | None:
        """The room's browser behind a cookie, or None."""
        raise NotImplementedError

    async def leave(self, cookie: str) -> None:
        """End the browser's login."""
        raise NotImplementedError
