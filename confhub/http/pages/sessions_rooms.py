"""Who is invited to a session: its rooms by branch of the tree, counted, for the session's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from confhub.org.values import Unit
from confhub.sessions.values import LiveRow, RoomState


@dataclass(frozen=True, slots=True)
class InvitedBranch:
    """A branch right below the top of what the reader sees, with its invited rooms in the tree's order."""

    name: str
    rooms: tuple[LiveRow, ...]


def by_branch(rows: Sequence[LiveRow], units: Sequence[Unit]) -> list[InvitedBranch]:
    """The rooms still expected, in branches: the unit right below the topmost one that has rooms beside it.

    Units with a single room and nothing below them stand together under the unit above.
    """
    names = {unit.path: unit.name for unit in units}
    parents = {unit.path.rsplit("/", 2)[0] + "/" for unit in units}
    found: dict[str, list[LiveRow]] = {}
    for row in rows:
        if row.state is not RoomState.DROPPED:
            found.setdefault(_branch(row.unit_path, names, parents), []).append(row)
    return [InvitedBranch(names.get(path, rooms[0].unit_name), tuple(rooms)) for path, rooms in found.items()]


def _branch(path: str, names: dict[str, str], parents: set[str]) -> str:
    """The unit itself where others hang below it, else the one above."""
    above = path.rsplit("/", 2)[0] + "/"
    return path if path in parents or above not in names else above
