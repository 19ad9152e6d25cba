"""What guessing a room's six digits costs: the guesser, and never the room.

A phone that was wrong too often waits, each time twice as long. A cookie is quickly thrown away, though, and
so is an address; what bounds a guesser with many of both is this: while a room's digits are being guessed at,
one right guess lets nobody in. The same phone has to type the digits of a later minute as well. Whoever reads
them off the screen does so within a minute; whoever guesses has to be lucky twice, with few tries.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from cachetools import FIFOCache

from confhub.checkin import limits
from confhub.checkin.errors import CodeOnceMore, TooManyCodes


class _Failures(NamedTuple):
    """Of one phone. `rounds`: how often it has used its free ones up."""

    wrong: int
    last: datetime
    rounds: int


class _Half(NamedTuple):
    """A right guess that waits for the next one."""

    endpoint_id: int
    period: int


class Guessing:
    """Failures of phones and rooms, in memory."""

    def __init__(self) -> None:
        self._by_phone: FIFOCache[str, _Failures] = FIFOCache(limits.DEVICES_MAX)
        self._by_room: FIFOCache[str, tuple[int, datetime]] = FIFOCache(limits.ROOMS_MAX)
        self._by_network: FIFOCache[str, tuple[int, datetime]] = FIFOCache(limits.DEVICES_MAX)
        self._halves: FIFOCache[str, _Half] = FIFOCache(limits.DEVICES_MAX)

    def check(self, device: str, now: datetime) -> None:
        """Raises TooManyCodes while this phone has to wait."""
        wait = self._wait(device, now)
        if wait > timedelta(0):
            seconds = max(1, round(wait.total_seconds()))
            raise TooManyCodes(retry_after_s=seconds, minutes=-(-seconds // 60))

    def wrong(self, device: str, network: str, endpoint_id: int | None, now: datetime) -> None:
        """This phone, at this network, was wrong; `endpoint_id`: the room it named, where there is one."""
        before = self._by_phone.get(device) or _Failures(0, now, 0)
        count, rounds = before.wrong + 1, before.rounds
        if before.wrong >= limits.DEVICE_FAILURES_FREE:  # it has waited
            count = 1
        if count == limits.DEVICE_FAILURES_FREE:
            rounds += 1
        self._by_phone[device] = _Failures(count, now, rounds)
        if endpoint_id is not None:
            _count(self._by_room, str(endpoint_id), limits.ROOM_FAILURES_S, now)
        _count(self._by_network, network, limits.NETWORK_FAILURES_S, now)

    def right(
        self, device: str, network: str, endpoint_id: int, period: int, people: int, now: datetime
    ) -> None:
        """This phone typed the digits of `period`. Raises CodeOnceMore while somebody guesses in this room,
        or at this network, and the phone has not proved itself by those of an earlier minute."""
        half = self._halves.get(device)
        proved = half is not None and half.endpoint_id == endpoint_id and half.period < period
        if self.pressed(endpoint_id, network, people, now) and not proved:
            if half is None or half.endpoint_id != endpoint_id:
                self._halves[device] = _Half(endpoint_id, period)
            raise CodeOnceMore(field="six")
        self._halves.pop(device, None)
        self._by_phone.pop(device, None)

    def pressed(self, endpoint_id: int, network: str, people: int, now: datetime) -> bool:
        """Whether digits are being guessed at in this room, or in any room from this network. `people`: how
        many the room expects; so many mistype as well."""
        in_room = _counted(self._by_room, str(endpoint_id), limits.ROOM_FAILURES_S, now)
        from_there = _counted(self._by_network, network, limits.NETWORK_FAILURES_S, now)
        mistyped = max(limits.ROOM_FAILURES_FREE, people // limits.MISTYPED_OF)
        return in_room > mistyped or from_there > limits.NETWORK_FAILURES_FREE

    def _wait(self, device: str, now: datetime) -> timedelta:
        found = self._by_phone.get(device)
        if found is None or found.wrong < limits.DEVICE_FAILURES_FREE:
            return timedelta(0)
        doubled = limits.DEVICE_WAIT_S * 2 ** (found.rounds - 1)
        return found.last + timedelta(seconds=min(doubled, limits.DEVICE_WAIT_MAX_S)) - now


def _count(kept: FIFOCache[str, tuple[int, datetime]], name: str, within_s: float, now: datetime) -> None:
    before = _counted(kept, name, within_s, now)
    found = kept.get(name)
    kept[name] = (before + 1, found[1] if before and found is not None else now)


def _counted(kept: FIFOCache[str, tuple[int, datetime]], name: str, within_s: float, now: datetime) -> int:
    """Failures in the stretch that is running; its end is the end of the pressure."""
    found = kept.get(name)
    return found[0] if found is not None and now - found[1] <= timedelta(seconds=within_s) else 0
