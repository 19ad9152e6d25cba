"""Use cases of courses."""

from __future__ import annotations

from confhub.db.database import Database
from confhub.kernel.clock import Clock


class CourseService:
    """Courses, their sessions and their participants' progress."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
