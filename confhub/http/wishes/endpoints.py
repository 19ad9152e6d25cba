"""Rooms: their fields, and which of them a list shows."""

from __future__ import annotations

from pydantic import BaseModel, Field

from confhub.http.paging import Searched
from confhub.http.shapes import RowId
from confhub.kernel.ids import UnitId
from confhub.kernel.limits import CODE_MAX_CHARS, NAME_MAX_CHARS, PHONE_MAX_CHARS
from confhub.registry.values import BandwidthProfile, EndpointDraft, EndpointKind


class EndpointFilters(Searched):
    """Which rooms; `unit_id`: of that branch."""

    unit_id: RowId | None = None
    kind: EndpointKind | None = None
    retired: bool = False


class EndpointFields(BaseModel):
    """An endpoint's fields."""

    code: str = Field(min_length=1, max_length=CODE_MAX_CHARS)
    name: str = Field(min_length=1, max_length=NAME_MAX_CHARS)
    unit_id: RowId
    kind: EndpointKind = EndpointKind.ROOM
    bandwidth_profile: BandwidthProfile = BandwidthProfile.FULL
    operator_name: str | None = Field(None, max_length=NAME_MAX_CHARS)
    operator_phone: str | None = Field(None, max_length=PHONE_MAX_CHARS)

    def draft(self) -> EndpointDraft:
        """The same, as the service takes it."""
        return EndpointDraft(
            self.code,
            self.name,
            UnitId(self.unit_id),
            self.kind,
            self.bandwidth_profile,
            self.operator_name,
            self.operator_phone,
        )
