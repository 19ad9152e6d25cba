"""How far a device's clock is from the hub's, judged from one round trip as NTP does (RFC 5905, section 8).

device   asked ──────────────► ··········· ──────────────► heard        by the device's clock
hub            received ► answered                                      by the hub's

The hub's clock is ahead of the device's by `((received - asked) + (answered - heard)) / 2`, give or take half
of the time that the two ways took. Devices keep the quickest of several round trips and state it with what
they deliver. How long a delivery itself was under way, waited or was offered again says nothing of a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

AHEAD_TOLERATED: Final = timedelta(seconds=2)
"""Without a round trip: a sender's clock may be that far ahead and is still taken for right."""

BEHIND_TOLERATED: Final = timedelta(seconds=15)
"""Without a round trip: so far behind, it may be the way here as well as the clock, and nothing is moved."""

DRIFT: Final = 50e-6
"""What a cheap quartz loses or gains meanwhile: 4 s a day."""

DOUBT_MAX: Final = timedelta(seconds=15)
"""A round trip that leaves more in doubt, for its length or its age, proves nothing."""

_NOTHING: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """`asked`, `heard`: by the device's clock; `received`, `answered`: by the hub's, out of its answer."""

    asked: datetime
    received: datetime
    answered: datetime
    heard: datetime

    @property
    def offset(self) -> timedelta:
        """What to add to the device's times to have the hub's."""
        return ((self.received - self.asked) + (self.answered - self.heard)) / 2

    def doubt(self, now: datetime) -> timedelta:
        """How far off `offset` may be at `now`, by the hub's clock."""
        length = (self.heard - self.asked) - (self.answered - self.received)
        return length / 2 + max(_NOTHING, now - self.answered) * DRIFT

    def proves(self, now: datetime) -> bool:
        """Whether it can have happened, and tells the offset well enough."""
        happened = self.asked <= self.heard and self.received <= self.answered <= now + AHEAD_TOLERATED
        return happened and -DOUBT_MAX <= self.doubt(now) <= DOUBT_MAX


def offset_of(trip: RoundTrip | None, received_at: datetime, sent_at: datetime | None) -> timedelta | None:
    """What to add to a device's times to have the hub's; None where nobody can know.

    With a round trip that proves something: its offset, zero where that is within its doubt. Without one:
    zero for a sender that says nothing of its clock, or whose `sent_at` is close to the hub's.
    """
    if trip is not None and trip.proves(received_at):
        return trip.offset if abs(trip.offset) > trip.doubt(received_at) else _NOTHING
    if sent_at is None or -AHEAD_TOLERATED <= received_at - sent_at <= BEHIND_TOLERATED:
        return _NOTHING
    return None
