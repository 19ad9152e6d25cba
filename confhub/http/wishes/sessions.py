"""Sessions: their fields, the choice of rooms, and why one is cancelled."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from confhub.http.shapes import RowId
from confhub.kernel.ids import EndpointId, UnitId
from confhub.kernel.limits import SESSION_ENDPOINTS_MAX
from confhub.sessions.values import Participants, SessionInput, SessionKind

MINUTES_MAX = 100_000
"""A shape's cap only; the services know the real bounds and name them."""
REASON_MAX_CHARS = 2_000
"""As above."""


class ChosenRooms(BaseModel):
    """Whole branches, without some rooms, and single rooms besides."""

    include_units: list[RowId] = Field(default=[], max_length=SESSION_ENDPOINTS_MAX)
    exclude_endpoints: list[RowId] = Field(default=[], max_length=SESSION_ENDPOINTS_MAX)
    include_endpoints: list[RowId] = Field(default=[], max_length=SESSION_ENDPOINTS_MAX)

    def participants(self) -> Participants:
        """As the service takes it."""
        return Participants(
            tuple(UnitId(unit) for unit in self.include_units),
            tuple(EndpointId(endpoint) for endpoint in self.exclude_endpoints),
            tuple(EndpointId(endpoint) for endpoint in self.include_endpoints),
        )


class SessionFields(BaseModel):
    """A session's fields but for its title, its beginning and its rooms, which the doors take differently."""

    kind: SessionKind = SessionKind.MEETING
    unit_id: RowId
    chair_endpoint_id: RowId | None = None
    length_min: int = Field(ge=1, le=MINUTES_MAX)
    lobby_min: int = Field(default=60, ge=0, le=MINUTES_MAX)
    late_min: int = Field(default=5, ge=0, le=MINUTES_MAX)
    left_early_min: int = Field(default=5, ge=0, le=MINUTES_MAX)
    by_plan: bool = True
    auto_start: bool = True
    auto_end: bool = True
    overrun_min: int = Field(default=30, ge=0, le=MINUTES_MAX)
    floor_auto_accept: bool = True

    def input(self, title: str, starts_at: datetime, participants: Participants) -> SessionInput:
        """As the service takes it."""
        return SessionInput(
            title=title,
            kind=self.kind,
            unit_id=UnitId(self.unit_id),
            starts_at=starts_at,
            length_min=self.length_min,
            chair_endpoint_id=None if self.chair_endpoint_id is None else EndpointId(self.chair_endpoint_id),
            participants=participants,
            lobby_min=self.lobby_min,
            late_min=self.late_min,
            left_early_min=self.left_early_min,
            by_plan=self.by_plan,
            auto_start=self.auto_start,
            auto_end=self.auto_end,
            overrun_min=self.overrun_min,
            floor_auto_accept=self.floor_auto_accept,
        )


class CancelFields(BaseModel):
    """Why, as the session's history and the rooms' organizers shall read it."""

    reason: str = Field(default="", max_length=REASON_MAX_CHARS)
