"""Who comes when, where, and how: the crowd's own script, drawn from a seed. Pure.

Times are seconds after the crowd's beginning. One person's acts are all done by the same means, a tablet or
one phone, so that their order is beyond doubt.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

IN, OUT = "in", "out"
TABLET, BADGE, QR, CODE, FILE = "tablet", "badge", "qr", "code", "file"

PEOPLE_PER_S: Final = 260.0
"""People that check in a second, over the whole session: what a machine that also carries 302 rooms' media
takes with ease. A session too short for everybody sees the same share of each room."""

ABSENT: Final = 0.05
COMES_IN_SPITE_OF_LEAVE: Final = 0.03
PHONES: Final = 0.08
"""Of those who come, by QR code or digits: 3,000 of 40,000."""
DIGITS: Final = 0.3
"""Of the phones; the others scan."""
BADGES: Final = 0.05
FILED: Final = 0.008
LEAVES: Final = 0.04
"""Checks out before the end; a quarter of them comes back."""
MOVES: Final = 0.015
SKEWED: Final = 0.1
"""Rooms whose tablet's clock is wrong, by up to eleven hours."""
AWAY: Final = 0.15
"""Rooms whose tablet is without the hub for a quarter of the time."""
HELD: Final = 0.03
"""Rooms whose tablet delivers nothing more until the session is over."""
TWICE: Final = 0.15
"""Batches that are sent a second time, as if the answer had been lost."""
BATCH_MIN, BATCH_MAX = 20, 60
AFTER_TICK_S: Final = 0.3
BUSY_BEGIN: Final = 0.65
"""Who comes later than this stays."""
BUSY_END: Final = 0.92
"""Nobody does anything after this share of the time: what was begun can end."""
GUEST_NAMES: Final = (
    "Nguyễn Thế Phong", "Trần Bảo Châu", "Lê Khánh Linh", "Phạm Gia Huy", "Hoàng Mai Phương", "Vũ Đình Trọng",
    "Đặng Thuỳ Dương", "Bùi Công Thành", "Đỗ Lan Chi", "Ngô Nhật Minh",
)  # fmt: skip


class Member(NamedTuple):
    """A person on a room's list, as its tablet shows them. `leave`: granted."""

    id: int
    name: str
    code: str | None
    badge: str | None
    leave: bool


class Act(NamedTuple):
    """One check-in or check-out. `person` 0: the guest of that name."""

    at: float
    kind: str
    way: str
    room: str
    person: int
    guest: str = ""


class Heads(NamedTuple):
    """A number that an operator declares."""

    at: float
    people: int


@dataclass(slots=True)
class Batch:
    """What a tablet sends together, `at` some moment after its last tick. `twice`: sent again."""

    at: float
    acts: list[Act] = field(default_factory=list)
    heads: list[Heads] = field(default_factory=list)
    twice: bool = False


@dataclass(slots=True)
class TabletPlan:
    """One room's tablet. `skew_s`: what its clock is ahead; `knows`: it compared its clock with the hub's
    before anybody came, else only when it first delivers. `away`: without the hub from–to."""

    room: str
    skew_s: float = 0.0
    knows: bool = False
    away: tuple[float, float] | None = None
    held_from: float | None = None
    batches: list[Batch] = field(default_factory=list)


@dataclass(slots=True)
class PhonePlan:
    """One phone: its person's acts in order. `badge`: names the person by their badge, instead of looking for
    the name. `friend`: somebody absent whom the same phone tries to check in, in the room of its last act."""

    acts: list[Act]
    name: str
    badge: str | None = None
    friend: int = 0
    friend_name: str = ""


@dataclass(slots=True)
class Plan:
    """The whole crowd's. `filed`: who is entered out of a file afterwards. `absent`: by room, whoever is
    free to be used for what must be refused."""

    tablets: list[TabletPlan] = field(default_factory=list)
    phones: list[PhonePlan] = field(default_factory=list)
    filed: list[tuple[Member, Act]] = field(default_factory=list)
    absent: dict[str, list[Member]] = field(default_factory=dict)

    @property
    def planned(self) -> int:
        """Check-ins to come, by all means."""
        ticks = (act for tablet in self.tablets for batch in tablet.batches for act in batch.acts)
        acts = [*ticks, *(act for phone in self.phones for act in phone.acts)]
        return sum(act.kind == IN for act in acts) + len(self.filed)


@dataclass(frozen=True, slots=True)
class Span:
    """How long people come and go. `last_arrival`: nobody comes for the first time after this share of it."""

    seconds: float
    last_arrival: float = 0.65


def make_plan(rooms: Mapping[str, Sequence[Member]], span: Span, seed: int) -> Plan:
    """The script for these rooms' lists; the same for the same seed."""
    plan, seconds = Plan(), span.seconds
    people = sum(map(len, rooms.values()))
    share = min(1.0, seconds * PEOPLE_PER_S / max(1, people))
    codes = sorted(rooms)
    acts: dict[str, list[Act]] = {code: [] for code in codes}
    plan.tablets = [_tablet(code, place, seed, seconds) for place, code in enumerate(codes)]
    for place, code in enumerate(codes):
        dice = random.Random(f"{seed}/{code}")
        other = codes[(place + 1) % len(codes)]
        for member in rooms[code]:
            _member(plan, acts, dice, member, (code, other), span, share)
        _guests(plan, acts, dice, code, span)
    for tablet in plan.tablets:
        _script(tablet, acts[tablet.room], random.Random(f"{seed}/{tablet.room}/script"), seconds)
    plan.phones.sort(key=lambda phone: phone.acts[0].at)
    for phone in plan.phones[::40]:
        spare = plan.absent.get(phone.acts[-1].room)
        if spare:
            friend = spare.pop()
            phone.friend, phone.friend_name = friend.id, friend.name
    return plan


def _member(
    plan: Plan,
    acts: dict[str, list[Act]],
    dice: random.Random,
    member: Member,
    rooms: tuple[str, str],
    span: Span,
    share: float,
) -> None:
    room = rooms[0]
    comes = COMES_IN_SPITE_OF_LEAVE if member.leave else (1 - ABSENT) * share
    if dice.random() >= comes:
        if not member.leave:
            plan.absent.setdefault(room, []).append(member)
        return
    at = arrival(dice, span)
    draw = dice.random()
    if draw < FILED and (member.code or member.badge):
        plan.filed.append((member, Act(at, IN, FILE, room, member.id)))
        return
    draw -= FILED
    if 0 <= draw < PHONES:
        way = CODE if dice.random() < DIGITS else QR
        own = _life(dice, member.id, way, rooms, at, span.seconds)
        badge = member.badge if dice.random() < 0.1 else None
        plan.phones.append(PhonePlan(own, member.name, badge))
        return
    way = BADGE if draw - PHONES < BADGES and member.badge else TABLET
    for act in _life(dice, member.id, way, rooms, at, span.seconds):
        acts[act.room].append(act)


def arrival(dice: random.Random, span: Span) -> float:
    """When somebody comes: most in the first part, some late."""
    draw = dice.random()
    if draw < 0.25:
        share = dice.uniform(0.0, 0.23)
    else:
        share = dice.uniform(0.15, 0.77) if draw < 0.85 else dice.uniform(0.6, 1.0)
    return share * span.last_arrival * span.seconds


def _life(
    dice: random.Random, person: int, way: str, rooms: tuple[str, str], at: float, seconds: float
) -> list[Act]:
    """Comes; perhaps moves to the other room, or leaves, perhaps to come back."""
    room, other = rooms
    found = [Act(at, IN, way, room, person)]
    draw, later = dice.random(), dice.uniform(0.7, 0.8) * seconds
    if at > BUSY_BEGIN * seconds:
        return found
    if draw < MOVES and other != room:
        found.append(Act(later, IN, way, other, person))
    elif draw < MOVES + LEAVES:
        # Out goes by ticking; a badge only says who comes.
        found.append(Act(later, OUT, TABLET if way == BADGE else way, room, person))
        if dice.random() < 0.25:
            back = dice.uniform(0.86, BUSY_END) * seconds
            found.append(Act(back, IN, way, room, person))
    return found


def _guests(plan: Plan, acts: dict[str, list[Act]], dice: random.Random, room: str, span: Span) -> None:
    names = dice.sample(GUEST_NAMES, 4)
    for name in names[: dice.randint(0, 3)]:
        acts[room].append(Act(arrival(dice, span), IN, TABLET, room, 0, f"{name} (khách mời)"))
    if dice.random() < 0.3:
        act = Act(arrival(dice, span), IN, QR, room, 0, f"{names[3]} (khách mời)")
        plan.phones.append(PhonePlan([act], act.guest))


def _tablet(room: str, place: int, seed: int, seconds: float) -> TabletPlan:
    tablet, dice = TabletPlan(room), random.Random(f"{seed}/{room}/tablet")
    # The first rooms show each peculiarity, however few rooms there are.
    if place == 0 or dice.random() < SKEWED:
        tablet.skew_s = round(dice.choice((-1, 1)) * dice.uniform(1800, 40_000), 3)
        tablet.knows = dice.random() < 0.5
    if place == 1 or dice.random() < AWAY:
        begin = dice.uniform(0.15, 0.5) * seconds
        tablet.away = (begin, begin + 0.25 * seconds)
    elif place == 2 or dice.random() < HELD:
        tablet.held_from = 0.6 * seconds
    return tablet


def _script(tablet: TabletPlan, acts: list[Act], dice: random.Random, seconds: float) -> None:
    acts.sort()
    there = 0
    inside: list[tuple[float, int]] = []
    for act in acts:
        there += 1 if act.kind == IN else -1
        inside.append((act.at, there))
    start = 0
    while start < len(acts):
        size = dice.randint(BATCH_MIN, BATCH_MAX)
        part = acts[start : start + size]
        tablet.batches.append(Batch(part[-1].at + AFTER_TICK_S, part, twice=dice.random() < TWICE))
        start += size
    for when in (0.3, 0.75):
        at = when * seconds * dice.uniform(0.9, 1.1)
        people = max((number for moment, number in inside if moment <= at), default=0)
        # Declared with the next people that are ticked off, by itself where nobody comes any more.
        later = next((batch for batch in tablet.batches if batch.at > at), None)
        if later is None:
            later = Batch(at + AFTER_TICK_S, twice=dice.random() < TWICE)
            tablet.batches.append(later)
        later.heads.append(Heads(at, people + dice.randint(0, 6)))
    if tablet.away is not None:
        tablet.batches.append(Batch(tablet.away[1] + AFTER_TICK_S))
    tablet.batches.sort(key=lambda batch: batch.at)
