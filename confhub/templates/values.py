"""What goes out of the templates' service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from confhub.kernel.ids import UnitId


@dataclass(frozen=True, slots=True)
class Template:
    """A template. `items`: of its agenda."""

    id: int
    name: str
    title: str
    unit_id: UnitId
    unit_name: str
    length_min: int
    items: int
    made_at: datetime
    made_by: str
