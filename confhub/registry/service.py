"""Use cases of the registry: list, search, add, change and retire endpoints."""

from __future__ import annotations

from collections.abc import Sequence

from confhub.access.rules import Actor
from confhub.db.database import Database, Tx
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId, UnitId
from confhub.kernel.limits import PAGE_SIZE
from confhub.registry.values import Endpoint, EndpointDraft, EndpointKind, EndpointPage


class RegistryService:
    """Endpoints. Topics told: `registry.endpoint` (key endpoint id)."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def endpoints(
        self,
        actor: Actor,
        *,
        search: str = "",
        unit_id: UnitId | None = None,
        kind: EndpointKind | None = None,
        retired: bool = False,
        page: int = 1,
        size: int = PAGE_SIZE,
    ) -> EndpointPage:
        """One page (from 1) of the endpoints the actor sees, in Vietnamese order.

        `unit_id` keeps that unit's branch; `retired=True` shows only retired ones.
        """
        raise NotImplementedError

    async def under(self, actor: Actor, unit_ids: Sequence[UnitId]) -> list[Endpoint]:
        """All endpoints in use in the branches of these units that the actor sees; uncapped by pages."""
        raise NotImplementedError

    async def endpoint(self, actor: Actor, endpoint_id: EndpointId) -> Endpoint:
        """One endpoint; raises `EndpointNotFound`."""
        raise NotImplementedError

    async def create_endpoint(self, actor: Actor, draft: EndpointDraft) -> Endpoint:
        """A new endpoint; needs `ENDPOINT_EDIT` at its unit. Raises `CodeTaken`, `ValidationErrors`."""
        raise NotImplementedError

    async def update_endpoint(self, actor: Actor, endpoint_id: EndpointId, draft: EndpointDraft) -> Endpoint:
        """Change an endpoint; needs `ENDPOINT_EDIT` at its unit and at the new one."""
        raise NotImplementedError

    async def retire_endpoint(self, actor: Actor, endpoint_id: EndpointId) -> Endpoint:
        """Take out of use: its credentials and codes are revoked."""
        raise NotImplementedError

    async def restore_endpoint(self, actor: Actor, endpoint_id: EndpointId) -> Endpoint:
        """Bring a retired endpoint back; it has to be paired anew."""
        raise NotImplementedError


async def endpoints_by_id(tx: Tx, endpoint_ids: Sequence[EndpointId]) -> dict[EndpointId, Endpoint]:
    """The endpoints with these ids (retired ones too), inside the caller's transaction; no rights checked."""
    raise NotImplementedError
