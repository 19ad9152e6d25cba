"""The fields of org units and endpoints, as pages' forms and the API both take them."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, Field

from confhub.http.shapes import RowId
from confhub.kernel.ids import TierId, UnitId
from confhub.kernel.limits import CODE_MAX_CHARS, NAME_MAX_CHARS, PHONE_MAX_CHARS
from confhub.org.values import UnitDraft
from confhub.registry.values import BandwidthProfile, EndpointDraft, EndpointKind


class UnitFields(BaseModel):
    """A unit's fields; both days are included, null is open."""

    code: str = Field(min_length=1, max_length=CODE_MAX_CHARS)
    name: str = Field(min_length=1, max_length=NAME_MAX_CHARS)
    tier_id: RowId
    parent_id: RowId | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None

    def draft(self) -> UnitDraft:
        """The same, as the service takes it."""
        return UnitDraft(
            self.code,
            self.name,
            TierId(self.tier_id),
            UnitId(self.parent_id) if self.parent_id else None,
            self.valid_from,
            self.valid_to,
        )


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
