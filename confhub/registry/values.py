"""What the registry hands out: frozen, never a database row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from confhub.kernel.ids import EndpointId, SessionId, UnitId


class EndpointKind(StrEnum):
    """A room receives and may speak; a studio is a source (the chair's), not one of the rooms counted."""

    ROOM = "room"
    STUDIO = "studio"


class BandwidthProfile(StrEnum):
    """What the room's line carries."""

    FULL = "full"
    LOW = "low"
    AUDIO = "audio"


class AgentMode(StrEnum):
    """How the room's program runs."""

    KIOSK = "kiosk"
    HEADLESS = "headless"
    SIMULATED = "simulated"


class AgentState(StrEnum):
    """What the room's program does: idle → called → joined → lost → joined."""

    IDLE = "idle"
    CALLED = "called"
    JOINED = "joined"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class EndpointPrincipal:
    """A room's machine that has proved itself. `path` is its unit's."""

    endpoint_id: EndpointId
    code: str
    name: str
    unit_id: UnitId
    path: str
    bandwidth_profile: BandwidthProfile
    unit_name: str
    credential_id: int
    kind: EndpointKind


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A conference room. `path` is its unit's; `paired` says whether a machine holds a credential."""

    id: EndpointId
    code: str
    name: str
    unit_id: UnitId
    unit_name: str
    path: str
    kind: EndpointKind
    bandwidth_profile: BandwidthProfile
    operator_name: str | None
    operator_phone: str | None
    retired_at: datetime | None
    paired: bool

    @property
    def draft(self) -> EndpointDraft:
        """The fields that a person writes."""
        return EndpointDraft(
            self.code,
            self.name,
            self.unit_id,
            self.kind,
            self.bandwidth_profile,
            self.operator_name,
            self.operator_phone,
        )


@dataclass(frozen=True, slots=True)
class EndpointDraft:
    """The fields of an endpoint that a person writes."""

    code: str
    name: str
    unit_id: UnitId
    kind: EndpointKind = EndpointKind.ROOM
    bandwidth_profile: BandwidthProfile = BandwidthProfile.FULL
    operator_name: str | None = None
    operator_phone: str | None = None


@dataclass(frozen=True, slots=True)
class EndpointPage:
    """One page of a list, and how many there are in all."""

    rows: list[Endpoint]
    total: int
    page: int
    size: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Rooms in use, and how many of them no session on a day can invite by their branch.

    `ended`: their unit's last day is over, at the latest on `ended_on`; `coming`: its first day is ahead.
    """

    rooms: int
    ended: int
    ended_on: date | None
    coming: int


@dataclass(frozen=True, slots=True)
class PairingSlip:
    """One line of the printable sheet; `code` is shown this once."""

    endpoint_id: EndpointId
    endpoint_code: str
    endpoint_name: str
    unit_name: str
    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PairingState:
    """What a room's page says of its pairing."""

    code_expires_at: datetime | None
    paired_at: datetime | None
    machine: str | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a machine gets that asks to be paired: a secret to come back with, a code for its screen."""

    device_code: str
    user_code: str
    expires_in_s: int
    interval_s: int


@dataclass(frozen=True, slots=True)
class WaitingMachine:
    """The machine that shows a code, as it is shown before somebody says which room it is."""

    user_code: str
    address: str
    machine: str
    version: str
    asked_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class KioskPrincipal:
    """The room's browser in one session."""

    endpoint: EndpointPrincipal
    session_id: SessionId
    csrf: str


@dataclass(frozen=True, slots=True)
class FleetRow:
    """A room on the fleet page. `online` counts a heartbeat of the last 45 s."""

    endpoint: Endpoint
    online: bool
    online_since: datetime | None
    last_seen_at: datetime | None
    version: str | None
    mode: str | None
    state: str | None
    session_id: SessionId | None

    @property
    def shown_state(self) -> str:
        """What the machine does, or that it is away, or never was here."""
        if self.online:
            return self.state or "online"
        return "offline" if self.last_seen_at else "never"

    @property
    def shown_since(self) -> datetime | None:
        """Since when it is there, or when it was last seen."""
        return self.online_since if self.online else self.last_seen_at


@dataclass(frozen=True, slots=True)
class FleetFilter:
    """What the fleet page asks for; None and "" mean all."""

    search: str = ""
    unit_id: UnitId | None = None
    online: bool | None = None
    state: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class FleetSummary:
    """Counts over the rooms that the actor sees."""

    total: int
    online: int
    paired: int
    by_state: dict[str, int]
    by_version: dict[str, int]
