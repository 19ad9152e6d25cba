"""Days and times in forms: as the pages write them, or as machines do; no field is the browser's own."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from pathlib import Path

import pytest

from confhub.http.forms import Form, FormModel, check_fields
from confhub.http.shapes import ShapeErrors

TEMPLATES = Path(__file__).parents[3] / "web" / "templates"


class Typed(FormModel):
    day: date | None = None
    at: datetime | None = None
    hour: time | None = None


@pytest.mark.parametrize(
    ("field", "text", "meant"),
    [
        ("day", "2/3/2026", date(2026, 3, 2)),
        ("day", "2026-03-02", date(2026, 3, 2)),
        ("at", "02/03/2026 08:30", datetime(2026, 3, 2, 8, 30)),  # noqa: DTZ001 - the house's zone is added later
        ("at", " 2/3/2026  8:30 ", datetime(2026, 3, 2, 8, 30)),  # noqa: DTZ001
        ("at", "2026-03-02T08:30", datetime(2026, 3, 2, 8, 30)),  # noqa: DTZ001
        ("hour", "8:05", time(8, 5)),
        ("hour", "23:59", time(23, 59)),
        ("at", "", None),
    ],
)
def test_what_is_typed_is_read_as_the_pages_write_it(field: str, text: str, meant: object) -> None:
    assert getattr(check_fields(Form([(field, text)]), Typed), field) == meant


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("day", "31/2/2026"), ("day", "2/3/26"), ("at", "2/13/2026 08:30"), ("at", "2/3/2026 24:00"),
        ("at", "2/3/2026 8:60"), ("at", "2/3/2026, 8h30"), ("hour", "25:00"), ("hour", "8.30"),
    ],
)  # fmt: skip
def test_what_is_no_day_or_time_is_told_at_its_field(field: str, text: str) -> None:
    with pytest.raises(ShapeErrors) as told:
        check_fields(Form([(field, text)]), Typed)
    assert [error.field for error in told.value.errors] == [field]


def test_no_field_is_shown_in_the_browser_s_own_way() -> None:
    """Which may be another order of day and month, or a clock of twelve hours, than the rest of the page."""
    native = re.compile(r'type="(datetime-local|time|date|month|week)"')
    found = [
        f"{path.relative_to(TEMPLATES)}: {line.strip()[:80]}"
        for path in sorted(TEMPLATES.rglob("*.html"))
        for line in path.read_text("utf-8").splitlines()
        if native.search(line) and "ui.field(" not in line and "data-date-native" not in line
    ]
    assert found == []
    assert not [p for p in TEMPLATES.rglob("*.html") if "datetime-local" in p.read_text("utf-8")]
