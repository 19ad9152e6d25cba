"""The room's clock: its own, which a changed wall clock does not move, and what it knows of the hub's.

As NTP does (RFC 5905, section 8): each heartbeat and its acknowledgement are a round trip; of several the
quickest counts, and how long an answer took says nothing else. What the room writes down is the hub's time as
soon as it is known; each message that carries the log states the round trip.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass

DRIFT = 50e-6  # what a cheap quartz loses or gains: so fast an old round trip becomes worse than a new one
ASKED_MAX = 8  # questions under way; older ones get no answer any more


@dataclass(frozen=True, slots=True)
class Trip:
    """Unix seconds: `asked` and `heard` by the room's clock, `received` and `answered` by the hub's."""

    asked: float
    received: float
    answered: float
    heard: float

    @property
    def offset_s(self) -> float:
        """What the hub's clock is ahead of the room's."""
        return ((self.received - self.asked) + (self.answered - self.heard)) / 2

    def doubt_s(self, now: float) -> float:
        """How far off `offset_s` may be at `now`, by the room's clock."""
        length = (self.heard - self.asked) - (self.answered - self.received)
        return max(0.0, length) / 2 + max(0.0, now - self.heard) * DRIFT

    def beats(self, other: Trip | None) -> bool:
        """Whether this one, just made, tells more: it is the quicker, or the two cannot both be true, because
        somebody set a clock in between."""
        if other is None:
            return True
        mine, theirs = self.doubt_s(self.heard), other.doubt_s(self.heard)
        return mine <= theirs or abs(self.offset_s - other.offset_s) > mine + theirs


class RoomClock:
    """`own` never jumps; `now` is the hub's time once `known`, else `own`."""

    def __init__(
        self, wall: Callable[[], float] = time.time, steady: Callable[[], float] | None = None
    ) -> None:
        self._steady = steady or _since_boot
        self._base = wall() - self._steady()
        self._asked: dict[str, float] = {}
        self._best: Trip | None = None
        self.known = False

    def own(self) -> float:
        """Unix seconds as this program counts them: the wall clock of its start, and what has passed
        since."""
        return self._base + self._steady()

    def now(self) -> float:
        """The hub's time as far as it is known."""
        return self.own() + self.offset_s

    @property
    def offset_s(self) -> float:
        """What the hub's clock is ahead; 0 while nobody knows, or where it may as well be right."""
        if self._best is None:
            return 0.0
        offset = self._best.offset_s
        return offset if abs(offset) > self._best.doubt_s(self.own()) else 0.0

    @property
    def unanswered(self) -> bool:
        """Whether something was asked, and the hub has not answered yet."""
        return bool(self._asked)

    def ask(self) -> str:
        """A message leaves now: its `sent_at`, which the hub's answer repeats."""
        sent_at = iso(self.now())
        self._asked[sent_at] = self.own()
        while len(self._asked) > ASKED_MAX:
            del self._asked[next(iter(self._asked))]
        return sent_at

    def heard(self, sent_at: str, received: float | None, answered: float | None) -> bool:
        """The answer to that message; True where the clock has become known by it.

        A hub that does not say when it received the message measures by itself: its time stays unknown here.
        """
        asked, before = self._asked.pop(sent_at, None), self.known
        if received is None or answered is None:
            self.known = True
        elif asked is not None:
            trip = Trip(asked, received, answered, self.own())
            if trip.beats(self._best):
                self._best = trip
            self.known = True
        return self.known and not before

    def stated(self) -> dict[str, str] | None:
        """The round trip as a message carries it, by the clock that the message's times are by."""
        if self._best is None:
            return None
        trip, offset = self._best, self.offset_s
        return {
            "asked_at": iso(trip.asked + offset),
            "received_at": iso(trip.received),
            "answered_at": iso(trip.answered),
            "heard_at": iso(trip.heard + offset),
        }


def _since_boot() -> float:
    """Seconds that go on while the machine sleeps, where the system counts such."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(boot) if boot is not None else time.monotonic()


def iso(unix_s: float) -> str:
    """ISO 8601 UTC with milliseconds and Z."""
    moment = datetime.datetime.fromtimestamp(unix_s, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def unix(text: str) -> float | None:
    """Unix seconds of an ISO 8601 moment with its zone; None for anything else."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo is not None else None
