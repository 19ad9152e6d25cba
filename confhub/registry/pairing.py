"""Pairing: one-time codes that a room's machine exchanges for its own revocable credential."""

from __future__ import annotations

from confhub.access.rules import Actor
from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.kernel.ids import EndpointId, UnitId
from confhub.registry.values import EndpointPrincipal, PairingSlip, PairingState


class PairingService:
    """Codes and credentials. Topics told: `registry.pairing`, `registry.credential` (key endpoint id);
    `registry.credential` with data `revoked=True` tells the gateway to close that room's socket (4003).
    """

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def issue(self, actor: Actor, endpoint_id: EndpointId) -> PairingSlip:
        """A new code for one room, shown once; revokes the room's older unused codes. `ENDPOINT_PAIR`."""
        raise NotImplementedError

    async def issue_sheet(
        self, actor: Actor, unit_id: UnitId, *, only_unpaired: bool = True
    ) -> list[PairingSlip]:
        """New codes for the rooms of a branch, in Vietnamese order, for the printable sheet."""
        raise NotImplementedError

    async def redeem(
        self, code: str, address: str, version: str, machine: str
    ) -> tuple[EndpointPrincipal, str]:
        """Exchange a code for the room's credential (`ep_…`, shown once).

        The room has one machine: older credentials of the room are revoked.
        Raises `PairingCodeUnknown`, `PairingCodeUsed`, `PairingCodeExpired`, `PairingCodeRevoked`,
        `TooManyAttempts`.
        """
        raise NotImplementedError

    async def revoke_code(self, actor: Actor, endpoint_id: EndpointId) -> None:
        """Revoke the room's unused codes."""
        raise NotImplementedError

    async def revoke_credentials(self, actor: Actor, endpoint_id: EndpointId) -> None:
        """Revoke the room's credentials, tickets and browser logins. Removing it from running media
        rooms is the listener's of `registry.credential`."""
        raise NotImplementedError

    async def state(self, actor: Actor, endpoint_id: EndpointId) -> PairingState:
        """What is known of the room's code and machine."""
        raise NotImplementedError

    async def authenticate(self, credential: str) -> EndpointPrincipal:
        """The room behind a credential. Raises `CredentialUnknown` (401) or `CredentialRevoked` (403)."""
        raise NotImplementedError
