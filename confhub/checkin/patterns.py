"""What stands out among the phones of a room: pure, from what was noted of each check-in."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

BURST: Final = 8
BURST_WITHIN: Final = timedelta(seconds=5)
"""So many new phones that look alike within so long: a hall of 130 scans one a second, of all kinds."""

ALIKE_LEAST: Final = 5
"""Fewer phones of one kind behind one address are a family."""


class Remark(StrEnum):
    """Why a code is worth a look. Each may be innocent."""

    SILENT = "silent"
    """The room was not connected when its code was used: nobody saw its screen but by its tablet."""
    BURST = "burst"
    """Many phones that look alike within seconds."""
    SHARED = "shared"
    """A phone that was taken back and then told of somebody else: lent, or a hall's only one."""
    ALIKE = "alike"
    """Most of the code's phones look alike: one address, one kind of browser."""


class Trace(NamedTuple):
    """One phone's first check-in by a code."""

    at: datetime
    network: str
    browser: str
    silent: bool
    shared: bool = False
    """The phone told of several people in the session, and all of them count."""


def remarks(traces: Sequence[Trace]) -> tuple[Remark, ...]:
    """What stands out among the phones of one code."""
    found = []
    if any(one.silent for one in traces):
        found.append(Remark.SILENT)
    if any(one.shared for one in traces):
        found.append(Remark.SHARED)
    if _burst(traces):
        found.append(Remark.BURST)
    most = alike(traces)
    if most >= ALIKE_LEAST and 2 * most > len(traces):
        found.append(Remark.ALIKE)
    return tuple(found)


def alike(traces: Sequence[Trace]) -> int:
    """The largest number of phones behind one address with one kind of browser."""
    kinds = Counter((one.network, one.browser) for one in traces if one.network)
    return max(kinds.values(), default=0)


def _burst(traces: Sequence[Trace]) -> bool:
    moments: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for one in sorted(traces, key=lambda one: one.at):
        moments[one.network, one.browser].append(one.at)
    return any(
        later - earlier <= BURST_WITHIN
        for own in moments.values()
        for earlier, later in zip(own, own[BURST - 1 :], strict=False)
    )
