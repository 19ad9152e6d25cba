"""The line between a room and the hub, as what runs over it sees it: while it is dead, one waits."""

from __future__ import annotations

from typing import Protocol


class Line(Protocol):
    """A line that may be dead for a while."""

    async def alive(self) -> None:
        """Waits while the line is dead."""


async def alive(line: Line | None) -> None:
    """Waits while the line is dead; None is a line without faults."""
    if line is not None:
        await line.alive()
