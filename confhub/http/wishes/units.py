"""Org units: their fields, their papers, and moving all that belongs to one."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, Field

from confhub.http.shapes import RowId
from confhub.kernel.ids import TierId, UnitId
from confhub.kernel.limits import CODE_MAX_CHARS, NAME_MAX_CHARS
from confhub.org.papers import PaperSettings
from confhub.org.values import UnitDraft
from confhub.rosters.unit_moves import MoveWish

PAPER_TEXT_MAX_CHARS = 2_000
"""A shape's cap only; the service knows the real bound."""


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


class PapersFields(BaseModel):
    """What a unit says of its official papers; null or empty: as follows from the units above. `{unit}` in
    `agency` stands for the unit's name, also for territories below; `parent` "-": no agency is named above.
    `office` may have several lines."""

    agency: str | None = Field(default=None, max_length=PAPER_TEXT_MAX_CHARS)
    parent: str | None = Field(default=None, max_length=PAPER_TEXT_MAX_CHARS)
    symbol: str | None = Field(default=None, max_length=PAPER_TEXT_MAX_CHARS)
    place: str | None = Field(default=None, max_length=PAPER_TEXT_MAX_CHARS)
    office: str | None = Field(default=None, max_length=PAPER_TEXT_MAX_CHARS)
    signer: str | None = Field(default=None, max_length=PAPER_TEXT_MAX_CHARS)
    addressee: str | None = Field(default=None, max_length=PAPER_TEXT_MAX_CHARS)

    def settings(self) -> PaperSettings:
        """As the service takes it."""
        return PaperSettings(**self.model_dump())


class UnitMoveFields(BaseModel):
    """What is moved where. Standing lists go with their rooms; `lists_to` is a room of the new unit that
    takes them instead."""

    to_unit_id: RowId
    rooms: bool = True
    people: bool = True
    roles: bool = True
    lists_to: RowId | None = None

    def wish(self) -> MoveWish:
        """As the service takes it."""
        return MoveWish(UnitId(self.to_unit_id), self.rooms, self.people, self.roles, self.lists_to)
