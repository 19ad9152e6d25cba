"""The fleet: which rooms are online, since when, with which version. Heartbeats are written in batches."""

from __future__ import annotations

from confhub.access.rules import Actor
from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId, SessionId
from confhub.registry.values import EndpointPrincipal, FleetFilter, FleetRow, FleetSummary


class FleetService:
    """Who is online. Topics told: `fleet.endpoint` (key endpoint id) when something to show has changed.

    `connected`, `seen` and `disconnected` never wait for the database: they note, and `run()`, one task
    owned by the program, writes what was noted in one transaction (at once for changes of state, every
    15 s for mere heartbeats). `run()` writes what is left when it is cancelled.
    """

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def run(self) -> None:
        """Write what was noted, until cancelled."""
        raise NotImplementedError

    async def flush(self) -> None:
        """Write what was noted now, in one transaction."""
        raise NotImplementedError

    def connected(
        self,
        principal: EndpointPrincipal,
        version: str,
        mode: str,
        state: str,
        session_id: SessionId | None = None,
    ) -> int:
        """The room's socket is open. The number returned names this connection in `disconnected`."""
        raise NotImplementedError

    def seen(self, endpoint_id: EndpointId, state: str, session_id: SessionId | None = None) -> None:
        """A heartbeat came."""
        raise NotImplementedError

    def disconnected(self, endpoint_id: EndpointId, connection: int) -> None:
        """The socket closed; ignored when a newer connection of the room is open."""
        raise NotImplementedError

    async def list(self, actor: Actor, wanted: FleetFilter | None = None) -> list[FleetRow]:
        """The rooms in use that the actor sees (`ENDPOINT_VIEW`), in Vietnamese order, with their status."""
        raise NotImplementedError

    async def row(self, actor: Actor, endpoint_id: EndpointId) -> FleetRow:
        """One room's status; raises `EndpointNotFound`."""
        raise NotImplementedError

    async def summary(self, actor: Actor) -> FleetSummary:
        """Counts over all rooms that the actor sees."""
        raise NotImplementedError
