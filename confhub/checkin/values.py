"""What goes in and out of the check-in services: frozen, never a database row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from confhub.access.rules import Actor
from confhub.kernel.errors import DomainError
from confhub.kernel.ids import AccountId, EndpointId, SessionId, UnitId


class PersonKind(StrEnum):
    """What a person did. `confirm`: answered a presence prompt."""

    IN = "in"
    OUT = "out"
    CONFIRM = "confirm"


class Way(StrEnum):
    """How it was told: ticked on the tablet, by the room's QR code, by its six digits, by a badge, by a file
    afterwards, by the officer."""

    TABLET = "tablet"
    QR = "qr"
    CODE = "code"
    BADGE = "badge"
    FILE = "file"
    OFFICER = "officer"


DEFAULT_WAYS = (Way.TABLET, Way.QR, Way.CODE, Way.BADGE)
"""What a session offers unless somebody chose otherwise. A file and the officer are always there."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How a session is checked in. `secret` (hexadecimal) is empty while nobody needed a code.

    `scan_margin_s`: how long after its period a code counts. `prompts`: how many are drawn.
    `prompts_count`: minutes after an unanswered prompt do not count until the person is heard again.
    `unconnected_counts`: time checked in counts also while the room is not connected; else it is stated
    apart.
    """

    ways: tuple[Way, ...] = DEFAULT_WAYS
    scan_margin_s: int = 20
    guests: bool = True
    prompts: int = 0
    prompts_count: bool = False
    complete_percent: int = 80
    unconnected_counts: bool = False
    secret: str = ""


@dataclass(frozen=True, slots=True)
class RoomTeller:
    """Who tells events of a room, and reads its list. `by`: `tablet:<id>` or `account:<id>`; `path` is the
    unit's. `who` names the account or the tablet to people. `actor`: the account with its rights;
    `admitted_at`: since when the tablet has been the room's."""

    endpoint_id: EndpointId
    code: str
    name: str
    unit_id: UnitId
    path: str
    by: str
    unit_name: str = ""
    who: str = ""
    account_id: AccountId | None = None
    actor: Actor | None = None
    admitted_at: datetime | None = None

    @property
    def reader(self) -> Actor:
        """Who is shown people in the room's name, for the log of looks."""
        return Actor(self.account_id, self.who or self.by, "vi")


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who is on no list, by name."""

    name: str
    position: str | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody of the session's list, in any room: by personal code, or by name with unit (name or code)."""

    code: str = ""
    name: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class RoomEvent:
    """One check-in, check-out or confirmation as a room tells it. Exactly one of `attendee`, `badge`,
    `guest`, `named` says who. `key` is the teller's own; the same key again is the same event."""

    key: str
    kind: PersonKind
    at: datetime
    way: Way
    attendee: int | None = None
    badge: str | None = None
    guest: Guest | None = None
    named: Named | None = None


@dataclass(frozen=True, slots=True)
class RoomHeads:
    """A number of people that a room declares. `sure`: asked once more whether it is right, and it is."""

    key: str
    people: int
    at: datetime
    sure: bool = False


class Result(StrEnum):
    """What became of an event. `doubled`: it was stored before. `waiting`: the room that the person sits in
    or belongs to is asked; stored as soon as it, or an officer of its branch, agrees."""

    STORED = "stored"
    DOUBLED = "doubled"
    WAITING = "waiting"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one event or head count; `error` says why it was refused."""

    key: str
    result: Result
    attendee: int | None = None
    error: DomainError | None = None
    name: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TabletPrincipal:
    """A tablet that handed in its code. `csrf` is what its pages carry."""

    tablet_id: int
    teller: RoomTeller
    csrf: str


@dataclass(frozen=True, slots=True)
class TabletSlip:
    """A fresh code for a room's tablet; `code` is shown this once."""

    endpoint_id: EndpointId
    endpoint_code: str
    endpoint_name: str
    unit_name: str
    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TabletView:
    """A tablet of a room, or a code that waits (`entered_at` None)."""

    id: int
    name: str
    issued_by: str
    created_at: datetime
    code_expires_at: datetime
    entered_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class TabletSession:
    """A session as a room's tablet lists it. `sealed`: nothing is taken any more."""

    id: SessionId
    title: str
    kind: str
    state: str
    starts_at: datetime
    ends_at: datetime
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """A person on a room's list. `badge_hash`: the first 16 hexadecimal digits of SHA-256 of the badge.
    `absence`: state of the notice (pending | approved | refused), None without one. `home`: the room of a
    visitor's list (`origin` visitor); `elsewhere`: the room where somebody of this list sits; by name.
    `place`: the list's order, the room's own people before visitors."""

    id: int
    name: str
    code: str | None
    position: str | None
    unit: str
    badge_hash: str
    state: str
    state_at: datetime | None
    origin: str
    absence: str | None
    place: tuple[bool, str, int]
    home: str = ""
    elsewhere: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """A room asks to check in somebody of another. `by`: who asks; `badge_end`: the badge's last letters."""

    id: int
    attendee: int
    name: str
    code: str | None
    position: str | None
    unit: str
    badge_end: str
    from_room: str
    to_room: str
    at: datetime
    by: str
    state: str


@dataclass(frozen=True, slots=True)
class Heads:
    """A declared head count."""

    people: int
    at: datetime


@dataclass(frozen=True, slots=True)
class OpenPrompt:
    """A presence prompt that is open now."""

    id: int
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """The newest presence prompt that people can still answer: it is open, or it `counts` and takes minutes
    until they do. Whoever is checked in and was not heard of since `opens_at` has not answered."""

    opens_at: datetime
    closes_at: datetime
    counts: bool


class Mark(NamedTuple):
    """When a room's list was read, and when it was read as a whole: Unix seconds by the database's clock."""

    read_at: int
    whole_at: int


@dataclass(frozen=True, slots=True)
class RoomSheet:
    """All that a tablet needs to go on without the hub."""

    session: TabletSession
    policy: Policy
    people: tuple[ListedPerson, ...]
    """In the list's order, visitors last; where it is not `whole`, of the room's own those who changed."""
    whole: bool
    heads: Heads | None
    prompt: OpenPrompt | None
    mark: Mark
    listed: int
    """How many stand on the list, visitors not counted."""
    moves: tuple[Move, ...] = ()
    """What other rooms ask of this one."""
    asked: Asked | None = None


@dataclass(frozen=True, slots=True)
class RoomCode:
    """What a room's screen shows: `url` as a QR code, and the digits. `next_in_ms`: ask again then."""

    url: str
    six: str
    period_s: int
    valid_until: datetime
    next_in_ms: int
    prompt: OpenPrompt | None
    hub_time: datetime


@dataclass(frozen=True, slots=True)
class Visit:
    """A phone that saw a room's code. `does`: in | confirm. `nonce` tells visits apart; `period`: its."""

    session_id: SessionId
    endpoint_id: EndpointId
    device: str
    way: Way
    does: PersonKind
    until: datetime
    nonce: str
    period: int = 0

    @property
    def code(self) -> str:
        """The code that let it in, within its room."""
        return f"{self.way}.{self.period}"


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Whom this phone checked in at this session before; `state`: expected | in | out. `pick`: what stands
    for them in this visit."""

    id: int
    name: str
    state: str
    pick: str = ""


@dataclass(frozen=True, slots=True)
class VisitOpened:
    """What a phone gets for a right code; `ticket` is handed in with everything that follows."""

    ticket: str
    visit: Visit
    session_title: str
    endpoint_name: str
    known: KnownPerson | None
    guests: bool


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """A person of the room's list who has the name that was typed. `pick`: what stands for them in this
    visit; position and unit are told where several have this name."""

    id: int
    name: str
    position: str | None
    unit: str
    pick: str = ""


@dataclass(frozen=True, slots=True)
class Likeness:
    """What is known of a phone beside its cookie: marks of its address and of its browser, under the hub's
    key."""

    network: str = ""
    browser: str = ""


UNLIKE: Final = Likeness()
"""A phone of which nothing is known."""


@dataclass(frozen=True, slots=True)
class BreakView:
    """A break; open while `ends_at` is None."""

    id: int
    starts_at: datetime
    ends_at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class RoomCount:
    """Live figures of one room. `expected`: on its list, guests and removed people left out; `present`:
    checked in now, guests included; `came`: now or before; `heads`: declared last, None if never."""

    endpoint_id: EndpointId
    code: str
    name: str
    unit_id: UnitId
    unit_name: str
    unit_path: str
    tier_id: int
    expected: int
    present: int
    came: int
    guests: int
    heads: int | None
    heads_at: datetime | None
    connected: bool
    unanswered: int = 0
    """Checked in, and silent since the newest presence prompt."""


@dataclass(frozen=True, slots=True)
class TierTotals:
    """Sums over the rooms of one tier (`tier_id` None: over all). `rooms_told`: rooms with a head count."""

    tier_id: int | None
    name: str
    name_en: str
    rooms: int
    connected: int
    expected: int
    present: int
    came: int
    guests: int
    heads: int
    rooms_told: int
    unanswered: int = 0


@dataclass(frozen=True, slots=True)
class LiveTotals:
    """A session's check-in at one moment, within the asker's branches, rooms in the tree's order."""

    at: datetime
    session_id: SessionId
    state: str
    sealed: bool
    rooms: tuple[RoomCount, ...]
    tiers: tuple[TierTotals, ...]
    total: TierTotals
