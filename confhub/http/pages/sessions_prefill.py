"""A new session's form as the calendar opens it: day, hour, length, unit and room stand in the address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Any

from aiohttp import web
from pydantic import Field

from confhub.http.forms import FormModel, parse_filters
from confhub.http.shapes import RowId
from confhub.kernel.limits import SESSION_LENGTH_MAX_MIN
from confhub.org.values import Unit


class Prefill(FormModel):
    """What was chosen already. `room`: takes part."""

    start_date: date | None = None
    start_time: time | None = None
    length_min: int | None = Field(default=None, ge=1, le=SESSION_LENGTH_MAX_MIN)
    unit_id: RowId | None = None
    room: RowId | None = None


def prefilled(request: web.Request, units: Sequence[Unit]) -> dict[str, Any]:
    """The form's values that the address says; a unit in whose name the reader may not plan is left out."""
    wanted = parse_filters(request, Prefill)
    values: dict[str, Any] = {}
    if wanted.start_date is not None:
        values["start_date"] = wanted.start_date.isoformat()
    if wanted.start_time is not None:
        values["start_time"] = wanted.start_time.strftime("%H:%M")
    if wanted.length_min is not None:
        values["length_min"] = wanted.length_min
    if wanted.unit_id in {unit.id for unit in units}:
        values["unit_id"] = wanted.unit_id
    if wanted.room is not None:
        values["include_endpoints"] = [wanted.room]
    return values
