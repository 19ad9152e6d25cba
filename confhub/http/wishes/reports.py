"""Reports: which persons of a session, which sessions side by side."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from confhub.http.paging import Searched
from confhub.http.shapes import RowId
from confhub.reports.people.model import PeopleFilter, PersonStatus
from confhub.reports.people.period.compare import COMPARED_MAX

Way = Literal["tablet", "qr", "code", "badge", "file", "officer"]


class PersonFilters(Searched):
    """Which persons; `search` is compared without diacritics in code, name and position."""

    unit_id: RowId | None = None
    endpoint_id: RowId | None = None
    status: PersonStatus | None = None
    way: Way | None = None
    completed: bool | None = None

    def filter(self) -> PeopleFilter:
        """As the service takes it."""
        return PeopleFilter(
            self.unit_id, self.endpoint_id, self.status, self.way, self.completed, self.search
        )


class CompareFields(BaseModel):
    """The sessions, in the order wanted."""

    session: list[RowId] = Field(default_factory=list, max_length=COMPARED_MAX)


class FileFields(BaseModel):
    """What is made."""

    form: Literal["xlsx", "pdf"]
