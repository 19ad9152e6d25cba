"""What others' statements may read of series."""

from __future__ import annotations

from confhub.db.published import Published
from confhub.scheduling.models import SeriesRow


class SeriesColumns(Published):
    """Series."""

    _row = SeriesRow

    id = SeriesRow.id
    title = SeriesRow.title
