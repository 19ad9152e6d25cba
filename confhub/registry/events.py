"""What is told of rooms and their machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from confhub.kernel.events import Event
from confhub.kernel.ids import EndpointId


@dataclass(frozen=True, slots=True)
class EndpointChanged(Event):
    """A room was made, changed, moved or retired; None: several."""

    topic: ClassVar[str] = "registry.endpoint"
    endpoint_id: EndpointId | None = None


@dataclass(frozen=True, slots=True)
class PairingChanged(Event):
    """A room's pairing codes or machines changed."""

    topic: ClassVar[str] = "registry.pairing"
    endpoint_id: EndpointId


@dataclass(frozen=True, slots=True)
class MachineRevoked(Event):
    """The credentials of a room's machine were revoked."""

    topic: ClassVar[str] = "registry.credential"
    endpoint_id: EndpointId


@dataclass(frozen=True, slots=True)
class FleetChanged(Event):
    """A room's machine came, went, or is in another state."""

    topic: ClassVar[str] = "fleet.endpoint"
    endpoint_id: EndpointId
