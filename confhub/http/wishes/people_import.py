"""The choices of an import of people, alike in the form and in the API."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from confhub.http.shapes import RowId


class PeopleChoices(BaseModel):
    """What is done with those who are known, and which list the column of rooms fills: the fields of
    `rosters.plan.ImportChoices`. The door's own base says what becomes of unknown ones."""

    by_code: Literal["update", "skip"] = "update"
    by_name: Literal["ask", "update", "skip", "add"] = "ask"
    twins: Literal["ask", "one", "two"] = "ask"
    roster: Literal["standing", "session", "course", "none"] = "standing"
    session_id: RowId | None = None
    course_id: RowId | None = None
    unit_id: RowId | None = None
