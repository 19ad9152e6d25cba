"""Personal data: how long it is kept."""

from __future__ import annotations

from pydantic import BaseModel, Field

from confhub.people.values import Retention

NUMBER_MAX = 1_000_000
"""A shape's cap only; the service knows the real bounds and names them."""


class RetentionFields(BaseModel):
    """Months; null or empty keeps the data. `is_on`: applied every day."""

    contact_months: int | None = Field(default=None, ge=-NUMBER_MAX, le=NUMBER_MAX)
    person_months: int | None = Field(default=None, ge=-NUMBER_MAX, le=NUMBER_MAX)
    looks_months: int | None = Field(default=None, ge=-NUMBER_MAX, le=NUMBER_MAX)
    is_on: bool = False

    def wanted(self) -> Retention:
        """As the service takes it."""
        return Retention(self.contact_months, self.person_months, self.looks_months, self.is_on)
