"""What the C library keeps of memory: little, and what a flood took is given back once it is over."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import math
import resource
import sys
from pathlib import Path

EVERY_S = 10.0
"""A look costs some milliseconds beside the loop."""

ARENAS = 2
"""Heaps of the C library. It would make eight for each processor, one after the other for two dozen threads,
and what is left over in one serves no other."""

MAPPED_FROM_BYTES = 256 * 1024
"""Larger blocks are the system's own, and go back to it at once. Left alone, the C library moves this bound
up to 32 MB after the first large block, and cuts the next ones out of its heaps, between things that stay."""

GROWN_MB = 48.0
"""Since the last whole round of the collector, which holds everything up for a tenth of a second or two."""

_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3
"""glibc's malloc.h."""


def keep_little() -> bool:
    """Set ARENAS and MAPPED_FROM_BYTES for this process, before it starts threads; False where the C library
    knows no such thing."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return False
    return bool(mallopt(_M_ARENA_MAX, ARENAS)) and bool(mallopt(_M_MMAP_THRESHOLD, MAPPED_FROM_BYTES))


def give_back() -> bool:
    """Return free pages of every arena; False where the C library cannot."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except AttributeError:
        return False
    return bool(trim(0))


def resident_mb() -> float:
    """What this process holds in memory; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * resource.getpagesize() / 2**20


class GivingBack:
    """`look` every `EVERY_S`, beside the loop: the call leaves the interpreter to others while it works.

    Where memory has grown by GROWN_MB, what a flood of refused requests left in rings (an error, its frames,
    its request) is looked for first.
    """

    def __init__(self) -> None:
        self._settled_mb = math.inf

    async def look(self) -> None:
        """Give back what can be."""
        if resident_mb() - self._settled_mb > GROWN_MB:
            gc.collect()
            await asyncio.to_thread(give_back)
            self._settled_mb = resident_mb()
        else:
            await asyncio.to_thread(give_back)
            self._settled_mb = min(self._settled_mb, resident_mb())
