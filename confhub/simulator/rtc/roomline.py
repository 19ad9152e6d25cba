"""A room's line as a whole: its datagrams in the media thread, and its TCP connections on the asyncio side.

On a dead line TCP loses nothing: what is sent waits, what comes is not read, a new connection is not made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from confhub.simulator.rtc.line import Line, Way

WAYS: tuple[Way, ...] = ("down", "up")


class RoomLine:
    """`datagrams` belongs to the media thread: `apply` is given a way into it."""

    def __init__(self, datagrams: Line) -> None:
        self.datagrams = datagrams
        self._up = asyncio.Event()
        self._up.set()

    def apply(
        self,
        faults: dict[Way, tuple[float, float, bool]],
        call: Callable[[Callable[[float], None]], None],
    ) -> None:
        """The faults of each way from now on: probability of loss, seconds of jitter, death. `call` runs a
        function in the media thread."""
        line = self.datagrams

        def in_media_thread(_now: float) -> None:
            for way in WAYS:
                line.set(way, *faults.get(way, (0.0, 0.0, False)))

        call(in_media_thread)
        if any(dead for _, _, dead in faults.values()):
            self._up.clear()
        else:
            self._up.set()

    async def alive(self) -> None:
        """Waits while the line is dead."""
        await self._up.wait()
