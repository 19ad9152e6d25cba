"""What others' statements may read of series."""

from __future__ import annotations

from confhub.db.published import Published
from confhub.scheduling.models import OccurrenceRow, SeriesRow


class SeriesColumns(Published):
    """Series."""

    _row = SeriesRow

    id = SeriesRow.id
    uid = SeriesRow.uid
    unit_id = SeriesRow.unit_id
    title = SeriesRow.title
    rule = SeriesRow.rule
    first_day = SeriesRow.first_day
    hour = SeriesRow.hour
    zone = SeriesRow.zone
    on_days_off = SeriesRow.on_days_off
    form = SeriesRow.form
    made_until = SeriesRow.made_until
    look_on = SeriesRow.look_on
    stopped = SeriesRow.stopped
    previous_id = SeriesRow.previous_id
    ended_at = SeriesRow.ended_at


class OccurrenceColumns(Published):
    """Dates of series."""

    _row = OccurrenceRow

    series_id = OccurrenceRow.series_id
    day = OccurrenceRow.day
    session_id = OccurrenceRow.session_id
