"""The crowd's time: when it began, that people are leaving, and that the session is over."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress


class Stage:
    """`leaving`: nobody does anything new. `ended`: the session is over, what was held back may go."""

    def __init__(self) -> None:
        self.leaving, self.ended = asyncio.Event(), asyncio.Event()
        self._began = time.time()

    def begin(self) -> None:
        """Moment 0 of the script is now."""
        self._began = time.time()

    def now(self) -> float:
        """Seconds since the beginning."""
        return time.time() - self._began

    def unix(self, at: float) -> float:
        """A moment of the script as Unix time."""
        return self._began + at

    async def wait_until(self, at: float) -> bool:
        """Sleep to a moment of the script; True where people are leaving before it."""
        left = at - self.now()
        if left > 0 and not self.leaving.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self.leaving.wait(), left)
        return self.leaving.is_set()

    async def pause(self, after_s: float = 0.0) -> None:
        """Before the next attempt; spread, so that not all come in the same instant."""
        await asyncio.sleep(max(0.5, after_s) * random.uniform(1.0, 1.5))
