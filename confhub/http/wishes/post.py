"""What leaves the hub: which of it, and why it is given up."""

from __future__ import annotations

from pydantic import BaseModel, Field

from confhub.http.paging import Searched
from confhub.post.values import State


class ParcelFilters(Searched):
    """Which consignments; without `state` those that could not be delivered so far. `search`: a part of the
    address, the title, the reason, or of what it is about."""

    state: State | None = None


class GiveUpFields(BaseModel):
    """Why; empty: what the receiver said stays the reason."""

    reason: str = Field(default="", max_length=300)
