"""What the C library keeps of memory: little, and what a flood took is given back once it is over."""

from __future__ import annotations

import asyncio
import ctypes
import sys

EVERY_S = 10.0
"""A look costs some milliseconds beside the loop."""

ARENAS = 2
"""Heaps of the C library. It would make eight for each processor, one after the other for two dozen threads,
and what is left over in one serves no other."""

MAPPED_FROM_BYTES = 256 * 1024
"""Larger blocks are the system's own, and go back to it at once. Left alone, the C library moves this bound
up to 32 MB after the first large block, and cuts the next ones out of its heaps, between things that stay."""

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


async def giving_back() -> None:
    """For ever, beside the loop: the call leaves the interpreter to others while it works."""
    while True:
        await asyncio.sleep(EVERY_S)
        await asyncio.to_thread(give_back)
