"""Lists of people: which of a room's lists is meant."""

from __future__ import annotations

from pydantic import BaseModel

from confhub.http.shapes import RowId
from confhub.rosters.values import Scope


class ListOf(BaseModel):
    """Which list of the room: a session's, a course's, or (neither) its standing one."""

    session: RowId | None = None
    course: RowId | None = None

    @property
    def scope(self) -> Scope:
        """As the service takes it."""
        return Scope(self.session, self.course)
