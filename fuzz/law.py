"""The law every target holds: one input costs bounded time and bounded memory, and raises nothing."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable

CPU_PER_INPUT_S = 1.0
"""The slowest lawful input takes a fiftieth of it, instrumented, on a small machine."""
GROWTH_PER_INPUT_MB = 256
"""How far one input may push the process's peak: the largest lawful thing, an unpacked join, has 0.5 MB."""

Feed = Callable[[bytes], None]


class TooSlow(Exception):
    """One input kept the processor too long: with a hundred such inputs a second nobody else is served."""


class TooLarge(Exception):
    """One input made the process grow too far."""


def lawful(feed: Feed) -> Feed:
    """The same function, watched."""

    def watched(data: bytes) -> None:
        peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begun_s = time.thread_time()
        feed(data)
        spent_s = time.thread_time() - begun_s
        if spent_s > CPU_PER_INPUT_S:
            raise TooSlow(f"{spent_s:.2f} s of CPU for {len(data)} bytes")
        growth_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak_kb
        if growth_kb > GROWTH_PER_INPUT_MB * 1024:
            raise TooLarge(f"{growth_kb // 1024} MB more for {len(data)} bytes")

    return watched
