"""Forty files as offices make them give the preview that is stated with each."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from confhub.access.rules import SYSTEM
from confhub.checkin import filetable
from confhub.registry.import_rows import read_wishes
from confhub.rosters.import_rows import read_rows
from confhub.rosters.plan import ImportChoices
from confhub.rosters.planning import plan, resolve_units
from confhub.rosters.register import FIELDS, Known, Place, Places, Present
from confhub.sheets.files import read_tables
from confhub.sheets.table import SheetError, cell_text
from tests.unit.rosters.more_office import MORE
from tests.unit.rosters.office import FILES, OfficeFile, tables_or_error
from tests.unit.rosters.ugly_office import UGLY

NAMES = {"U1": "Phường Dữu Lâu", "U2": "Xã Ấm Hạ", "U3": "Xã Hạ Hòa", "U4": "Sở Nội vụ"}
ROOMS = {"R1": "Phòng họp phường Dữu Lâu", "R2": "Phòng họp xã Ấm Hạ"}


def known(number: int, name: str, **fields: Any) -> Known:
    now = {**dict.fromkeys(FIELDS), "name": name, "unit_id": 1, **fields}
    return Known(number, now, dict(now), "/1/")


def places(names: dict[str, str]) -> Places:
    return Places([Place(at, code, name, f"/{at}/") for at, (code, name) in enumerate(names.items(), 1)])


def _told(*parts: object) -> str:
    return "|".join("" if part is None else str(part) for part in parts)


def of_people(file: OfficeFile) -> dict[str, str]:
    """The preview of a list of people, in the words of `office`."""
    found = read_rows(tables_or_error(file.name, file.content), date(2026, 1, 1))
    units, rooms = places(NAMES), places(ROOMS)
    people = [known(6, "Phạm Văn Toàn"), known(7, "Đỗ Thị Hoà", code="CB7")]
    choices = ImportChoices()
    unit_ids = resolve_units(found, units, choices)
    planned = plan(found, unit_ids, Present(units, rooms, people), SYSTEM, choices)
    lines = []
    for person in planned.added:
        row, now = person.first, person.now
        assert row is not None
        at = f"{row.sheet}.{row.row}" if row.sheet else f"{row.row}"
        born = now["birth_date"] or now["birth_year"]
        room = rooms.by_id[person.room].code if person.room is not None else ""
        unit = units.by_id[now["unit_id"]].code
        lines.append(f"{at} {_told(now['name'], unit, born, now['phone'], room)}")
    ignored = [
        one.heading or f"({one.place})"
        for header in found.headers.values()
        for one in header.heading.columns
        if one.field is None
    ]
    return {
        "people": "; ".join(lines),
        "skipped": ", ".join(f"{one.row} {one.why}" for one in found.left_out.first),
        "ignored": ", ".join(ignored),
        "questions": ", ".join(f"{one.key} {one.kind}" for one in planned.questions.asked),
        "problems": ", ".join(f"{one.row} {one.code}" for one in found.problems.kept),
        "read_as": ", ".join(f"{text.replace(',', ' /')}={unit}" for text, unit in planned.read_as),
    }


def of_rooms(file: OfficeFile) -> dict[str, str]:
    wishes, problems = read_wishes(tables_or_error(file.name, file.content))
    lines = []
    for what in ("unit", "endpoint"):
        for wish in wishes.of(what).values():  # type: ignore[arg-type]
            phone = wish.values.get("operator_phone") or ""
            lines.append(f"{what} {wish.code} {wish.values['name']} {phone}".strip())
    return {
        "people": "; ".join(lines),
        "skipped": ", ".join(f"{one.row} {one.why}" for one in wishes.left_out.first),
        "ignored": ", ".join(one.heading for one in wishes.ignored),
        "problems": ", ".join(f"{one.row} {one.code}" for one in problems.kept),
    }


def of_attendance(file: OfficeFile) -> dict[str, str]:
    found = filetable.read(read_tables(file.name, file.content))
    lines = []
    for row in found.rows:
        hours = [filetable.hour_of(row.cells.get(column, ""), column) for column in ("came", "went")]
        at = f"{row.sheet}.{row.number}" if row.sheet else f"{row.number}"
        lines.append(f"{at} {_told(row.name, *(None if one is None else cell_text(one) for one in hours))}")
    return {
        "people": "; ".join(lines),
        "skipped": ", ".join(f"{one.row} {one.why}" for one in found.left_out.first),
        "ignored": ", ".join(one.heading for one in found.ignored),
    }


SAYS = {"people": of_people, "rooms": of_rooms, "attendance": of_attendance}


def test_there_are_forty() -> None:
    assert len(FILES) > 40
    assert len({file.name for file in (*FILES, *MORE, *UGLY)}) == len(FILES) + len(MORE) + len(UGLY)


@pytest.mark.parametrize("file", [*FILES, *MORE, *UGLY], ids=lambda file: file.name)
def test_a_file_gives_the_preview_that_is_stated(file: OfficeFile) -> None:
    said = SAYS[file.kind](file)
    assert said == {name: getattr(file, name) for name in said}


@pytest.mark.parametrize(
    "file", [file for file in (*FILES, *MORE, *UGLY) if file.kind == "people"], ids=lambda file: file.name
)
def test_no_row_is_dropped_unseen(file: OfficeFile) -> None:
    """Each row with something in it is read, wrong, left out with a reason, or a heading with its titles."""
    tables = tables_or_error(file.name, file.content)
    if isinstance(tables, SheetError):
        return
    found = read_rows(tables, date(2026, 1, 1))
    told = {(one.sheet, one.row) for one in found.rows}
    names = {header.name: place for place, header in found.headers.items()}
    told |= {(names[one.sheet], one.row) for one in found.left_out.first}
    told |= {(names.get(one.sheet, -1), one.row or 0) for one in found.problems.kept}
    for place, header in found.headers.items():
        for number, cells in enumerate(tables[place].rows, 1):
            filled = sum(cell != "" for cell in cells)
            first = abs(header.heading.first)
            if filled and not first <= number <= header.heading.row and (number > first or filled > 2):
                assert (place, number) in told, cells
