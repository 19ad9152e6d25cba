"""What guessing a room's six digits costs: the guesser, and never the room.

A phone that was wrong too often waits, each time twice as long. A cookie is quickly thrown away, though, and
so is an address; what bounds a guesser with many of both is this: while a room's digits are being guessed at,
one right guess lets nobody in. The same phone has to type the digits of a later minute as well. Whoever reads
them off the screen does so within a minute; whoever guesses has to be lucky twice, with few tries.

Failures stand in the database, so that they count for every hub on it and over a restart; a right guess of a
phone without any writes nothing. Which phone was right once is known to the hub that it told.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from cachetools import FIFOCache

from confhub.accounts import limits as attempts
from confhub.accounts.attempts import AttemptBook
from confhub.checkin import limits
from confhub.checkin.errors import CodeOnceMore, TooManyCodes
from confhub.db.database import Database

PHONE: Final = attempts.DIGITS_BY_PHONE
ROOM: Final = attempts.Stretch("six-room", limits.ROOM_FAILURES_S)
NETWORK: Final = attempts.Stretch("six-network", limits.NETWORK_FAILURES_S)


class _Half(NamedTuple):
    """A right guess that waits for the next one."""

    endpoint_id: int
    period: int


class Typist(NamedTuple):
    """A phone that types a room's digits, and what was wrong before: of itself, in the room (None: there is
    no such room), from its network."""

    device: str
    network: str
    endpoint_id: int | None
    failures: Mapping[attempts.Stretch, attempts.Failures]

    @property
    def keys(self) -> list[tuple[attempts.Stretch, str]]:
        """What a failure counts against."""
        return _keys(self.device, self.network, self.endpoint_id)

    def count(self, of: attempts.Stretch) -> int:
        """Failures in the stretch that is running."""
        return self.failures[of].count if of in self.failures else 0


class Guessing:
    """Failures of phones, rooms and networks."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._attempts = AttemptBook(db)
        self._halves: FIFOCache[str, _Half] = FIFOCache(limits.DEVICES_MAX)

    async def typist(self, device: str, network: str, endpoint_id: int | None, now: datetime) -> Typist:
        """Who types. Raises TooManyCodes while this phone has to wait."""
        async with self._db.reading() as tx:
            found = await attempts.failures(tx, _keys(device, network, endpoint_id), now)
        wait = _wait(found[PHONE], now) if PHONE in found else timedelta(0)
        if wait > timedelta(0):
            seconds = max(1, round(wait.total_seconds()))
            raise TooManyCodes(retry_after_s=seconds, minutes=-(-seconds // 60))
        return Typist(device, network, endpoint_id, found)

    async def wrong(self, who: Typist, now: datetime) -> None:
        """This phone was wrong."""
        await self._attempts.note_in_stretch(who.keys, now)

    async def right(self, who: Typist, period: int, people: int) -> None:
        """This phone typed the digits of `period`. Raises CodeOnceMore while somebody guesses in this room,
        or at this network, and the phone has not proved itself by those of an earlier minute. `people`: how
        many the room expects; so many mistype as well."""
        assert who.endpoint_id is not None, "the digits are a room's"
        half = self._halves.get(who.device)
        proved = half is not None and half.endpoint_id == who.endpoint_id and half.period < period
        mistyped = max(limits.ROOM_FAILURES_FREE, people // limits.MISTYPED_OF)
        pressed = who.count(ROOM) > mistyped or who.count(NETWORK) > limits.NETWORK_FAILURES_FREE
        if pressed and not proved:
            if half is None or half.endpoint_id != who.endpoint_id:
                self._halves[who.device] = _Half(who.endpoint_id, period)
            raise CodeOnceMore(field="six")
        self._halves.pop(who.device, None)
        if who.count(PHONE):
            async with self._db.transaction() as tx:
                await attempts.forget(tx, PHONE, who.device)


def _keys(device: str, network: str, endpoint_id: int | None) -> list[tuple[attempts.Stretch, str]]:
    own = [(PHONE, device), (NETWORK, network)]
    return own if endpoint_id is None else [*own, (ROOM, str(endpoint_id))]


def _wait(phone: attempts.Failures, now: datetime) -> timedelta:
    """Some failures are free; then the phone waits, and has as many again."""
    rounds, over = divmod(phone.count, limits.DEVICE_FAILURES_FREE)
    if over or not rounds:
        return timedelta(0)
    doubled = limits.DEVICE_WAIT_S << min(rounds - 1, 20)
    return phone.last_at + timedelta(seconds=min(doubled, limits.DEVICE_WAIT_MAX_S)) - now
