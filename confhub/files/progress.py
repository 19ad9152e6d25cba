"""What a drawing process tells its parent: on standard output, a number after every few things drawn."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

TOLD_EVERY: Final = 500

_Item = TypeVar("_Item")


def told(done: int) -> None:
    """So many are drawn."""
    sys.stdout.write(f"{done}\n")
    sys.stdout.flush()


def counted(items: Iterable[_Item], every: int = TOLD_EVERY) -> Iterator[_Item]:
    """The items; how many were taken is told after every few, and at the end."""
    done = 0
    for done, one in enumerate(items, 1):
        if done % every == 0:
            told(done)
        yield one
    told(done)
