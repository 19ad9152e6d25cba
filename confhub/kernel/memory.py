"""Memory that the C library keeps after a flood is over is given back to the system."""

from __future__ import annotations

import asyncio
import ctypes
import sys

EVERY_S = 10.0
"""A look costs some milliseconds beside the loop."""


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
