"""The room's wall clock, corrected by the hub's: what is written into the connection log and the diary."""

from __future__ import annotations

import datetime
import time

CORRECT_FROM_S = 2.0  # below, the hub's answer time says more than the difference


def iso(unix_s: float) -> str:
    """ISO 8601 UTC with milliseconds and Z."""
    moment = datetime.datetime.fromtimestamp(unix_s, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_iso(text: str) -> float | None:
    """Unix seconds, None for what is no time with a zone."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo is not None else None


class Clock:
    """`wall()` is Unix seconds as the hub counts them, once `hear` was told the hub's time."""

    def __init__(self) -> None:
        self.offset_s = 0.0

    def hear(self, hub_time: str) -> None:
        """The hub's time at this moment; a room whose own clock is wrong writes the hub's time."""
        heard = parse_iso(hub_time)
        if heard is not None:
            offset = heard - time.time()
            self.offset_s = offset if abs(offset) > CORRECT_FROM_S else 0.0

    def wall(self) -> float:
        """Now."""
        return time.time() + self.offset_s
