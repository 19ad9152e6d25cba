"""People: their fields, and which of them a list shows."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, Field

from confhub.http.paging import Searched
from confhub.http.shapes import RowId
from confhub.kernel.ids import UnitId
from confhub.people.values import PersonDraft, RegisterState

TEXT_MAX_CHARS = 20_000
"""A shape's cap only; the services know the real bounds and name them."""


class PeopleFilters(Searched):
    """`search`: words in name, code, position and unit, without diacritics; `unit_id`: that branch."""

    unit_id: RowId | None = None
    state: RegisterState = RegisterState.CURRENT


class PersonFields(BaseModel):
    """A person's fields; all but name and unit may be left out."""

    name: str = Field(max_length=TEXT_MAX_CHARS)
    unit_id: RowId
    code: str | None = Field(default=None, max_length=TEXT_MAX_CHARS)
    position: str | None = Field(default=None, max_length=TEXT_MAX_CHARS)
    birth_date: dt.date | None = None
    birth_year: int | None = Field(default=None, description="Where the day is not known.")
    phone: str | None = Field(default=None, max_length=TEXT_MAX_CHARS)
    email: str | None = Field(default=None, max_length=TEXT_MAX_CHARS)

    def draft(self) -> PersonDraft:
        """As the service takes it."""
        return PersonDraft(
            self.name, UnitId(self.unit_id), self.code, self.position, self.birth_date, self.phone,
            self.email, self.birth_year,
        )  # fmt: skip
