"""What is told of the tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from confhub.kernel.events import Event
from confhub.kernel.ids import UnitId


@dataclass(frozen=True, slots=True)
class UnitChanged(Event):
    """A unit was made, changed, moved or retired; None: several."""

    topic: ClassVar[str] = "org.unit"
    unit_id: UnitId | None = None
