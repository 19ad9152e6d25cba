"""What the services of invitations hand out: frozen, never a database row."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from confhub.kernel.ids import EndpointId, SessionId, UnitId


class Choice(StrEnum):
    """What a unit answers."""

    COMES = "comes"
    LATER = "later"
    ABSENT = "absent"
    REPRESENTED = "represented"


@dataclass(frozen=True, slots=True)
class Delegate:
    """A person whom a unit names."""

    name: str
    position: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """An answer as it was typed. `said`: why absent, or who stands in. `delegates`: a line each; nothing:
    those named before stay, unless `without`. `endpoint_id`: their room, where the unit has several."""

    choice: Choice
    comes_at: datetime | None = None
    said: str = ""
    by_name: str = ""
    delegates: str = ""
    without: bool = False
    endpoint_id: int | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that was given."""

    at: datetime
    choice: Choice
    comes_at: datetime | None
    said: str
    by_name: str
    people: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What a unit is shown by its link: the session's hours and places, and nothing of other units."""

    session_id: SessionId
    title: str
    starts_at: datetime
    ends_at: datetime
    organizer: str
    chair: str
    unit_name: str
    rooms: tuple[tuple[EndpointId, str], ...]
    closes_at: datetime
    answer: Given | None


@dataclass(frozen=True, slots=True)
class UnitAnswer:
    """A unit that is invited, as the organizer sees it. `told_at`: when it was told by a letter; `reachable`:
    there is an address for one. `links`: how many are valid."""

    unit_id: UnitId
    unit_name: str
    rooms: int
    reachable: bool
    told_at: datetime | None
    links: int
    answer: Given | None


@dataclass(frozen=True, slots=True)
class Registration:
    """A session's, as far as its reader may see it. `closes_at` None: it was never opened. `may_edit`: the
    reader may open and close it, remind, and make links."""

    session_id: SessionId
    title: str
    starts_at: datetime
    closes_at: datetime | None
    is_open: bool
    may_edit: bool
    can_send: bool
    units: tuple[UnitAnswer, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Units by their answer; `none`: those without."""
        return dict(Counter(one.answer.choice.value if one.answer else "none" for one in self.units))

    @property
    def people(self) -> int:
        """Delegates whom the answers that hold name."""
        return sum(one.answer.people for one in self.units if one.answer)


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that one unit answered, the newest first, and whom the newest names."""

    unit_id: UnitId
    unit_name: str
    answers: tuple[Given, ...]
    room: str
    delegates: tuple[Delegate, ...]
