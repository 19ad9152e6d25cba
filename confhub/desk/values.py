"""What stands on the desk: sessions, their rooms, what these owe; what a room's tablet is reminded of."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from confhub.desk.rules import REMINDABLE, Need, Phase, RoomFacts
from confhub.kernel.ids import EndpointId, SessionId


@dataclass(frozen=True, slots=True)
class DeskRoom:
    """One room on the desk. `reminded`: how often it was."""

    endpoint_id: EndpointId
    code: str
    name: str
    unit_name: str
    unit_path: str
    operator_name: str | None
    operator_phone: str | None
    state: str
    facts: RoomFacts
    needs: tuple[Need, ...]
    reminded: int

    @property
    def remindable(self) -> bool:
        return any(need in REMINDABLE for need in self.needs)


@dataclass(frozen=True, slots=True)
class DeskSession:
    """One session on the desk, with its rooms in the actor's branches. `may_decide`: notices of absence."""

    id: SessionId
    title: str
    kind: str
    state: str
    phase: Phase
    unit_name: str
    starts_at: datetime
    actual_start: datetime | None
    actual_end: datetime | None
    sealed_at: datetime | None
    frozen: bool
    rooms: tuple[DeskRoom, ...]
    may_decide: bool
    may_seal: bool

    @property
    def by_need(self) -> dict[Need, int]:
        """Need → rooms that have it, in the order of `Need`; needs of no room are missing."""
        found = Counter(need for room in self.rooms for need in room.needs)
        return {need: found[need] for need in Need if found[need]}

    @property
    def pending(self) -> int:
        """Notices of absence that wait for a decision."""
        return sum(room.facts.pending for room in self.rooms)

    @property
    def connected(self) -> int:
        return sum(room.facts.connected for room in self.rooms)

    @property
    def expected(self) -> int:
        return sum(room.facts.expected for room in self.rooms)

    @property
    def checked_in(self) -> int:
        return sum(room.facts.checked_in for room in self.rooms)

    @property
    def present(self) -> int:
        return sum(room.facts.present for room in self.rooms)

    @property
    def heads(self) -> int:
        return sum(room.facts.heads or 0 for room in self.rooms)


@dataclass(frozen=True, slots=True)
class Reminder:
    """What a room's tablet shows."""

    id: int
    what: str
    at: datetime
    by: str
