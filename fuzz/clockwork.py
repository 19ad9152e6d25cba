"""An event loop whose clock runs as fast as the timers: hours of retransmission in a moment, no socket."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class _Selector(selectors.DefaultSelector):
    """Waiting for a timer moves the clock instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if not found and timeout:
            self.now_s += timeout
        return found


class Clockwork(asyncio.SelectorEventLoop):
    """Faults of tasks and callbacks that nobody awaits are kept in `faults`."""

    def __init__(self) -> None:
        self._quick = _Selector()
        super().__init__(self._quick)
        self.faults: list[BaseException] = []
        self.set_exception_handler(self._note)

    def time(self) -> float:
        return self._quick.now_s

    def _note(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.faults.append(context.get("exception") or RuntimeError(context["message"]))

    def drive(self, work: Coroutine[Any, Any, None]) -> None:
        """Run to the end, then raise the first fault that nobody awaited."""
        asyncio.set_event_loop(self)
        try:
            self.run_until_complete(work)
        finally:
            faults, self.faults = self.faults, []
        if faults:
            raise faults[0]
