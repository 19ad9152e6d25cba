"""The columns of a file of people: what they are called, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from confhub.i18n.folding import fold
from confhub.kernel.errors import DomainError
from confhub.registry.columns import HEADER_WITHIN_ROWS, HeaderProblem
from confhub.registry.import_errors import ColumnMissing, ColumnTwice, ColumnUnknown
from confhub.registry.sheets import Cell, Table
from confhub.rosters.import_errors import PeopleFileEmpty, PeopleHeaderMissing

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "name": (
        "name", "full name", "ho va ten", "ho ten", "ho, ten", "ho va ten dai bieu", "ho va ten hoc vien",
        "ten dai bieu", "ten hoc vien",
    ),
    "code": (
        "code", "person code", "ma", "ma so", "ma dai bieu", "ma hoc vien", "ma can bo", "ma nhan vien",
        "so hieu", "so hieu cong chuc",
    ),
    "unit": ("unit", "unit code", "unit_code", "ma don vi", "ma co quan"),
    "unit_name": ("unit name", "unit_name", "don vi", "ten don vi", "don vi cong tac", "co quan"),
    "position": ("position", "chuc vu", "chuc danh", "chuc vu/chuc danh", "chuc vu, chuc danh"),
    "birth_date": (
        "birth_date", "birth date", "date of birth", "birthday", "ngay sinh", "ngay thang nam sinh",
        "ngay, thang, nam sinh",
    ),
    "phone": ("phone", "telephone", "mobile", "dien thoai", "so dien thoai", "di dong", "sdt"),
    "email": ("email", "e-mail", "mail", "thu dien tu", "dia chi email", "hop thu"),
    "room": ("endpoint", "endpoint code", "endpoint_code", "room", "room code", "ma diem cau"),
    "room_name": ("endpoint name", "endpoint_name", "room name", "diem cau", "ten diem cau"),
    "note": (
        "note", "notes", "remark", "remarks", "ghi chu", "stt", "tt", "so tt", "no", "no.", "#",
        "gioi tinh", "gender", "sex",
    ),
}  # fmt: skip
"""Field → its headings, folded. Columns of notes are not read."""

_KNOWN: Final = {heading: field for field, headings in NAMES.items() for heading in headings}


@dataclass(frozen=True, slots=True)
class Header:
    """Which field stands in which column (from 0), and what its heading says; `row` counts from 1."""

    row: int
    fields: dict[str, int]
    headings: dict[str, str]

    def heading(self, field: str) -> str | None:
        """The field's heading as the file writes it, None where the file has no such column."""
        return self.headings.get(field) or self.headings.get(f"{field}_name")


def read_header(table: Table) -> Header:
    """Find the row of headings and read it; titles may stand above it. Raises `HeaderProblem`."""
    if not any(table.rows):
        raise HeaderProblem([(PeopleFileEmpty(), None)], None)
    for index, cells in enumerate(table.rows[:HEADER_WITHIN_ROWS]):
        fields = [_KNOWN.get(_folded(cell)) for cell in cells]
        filled = sum(1 for cell in cells if cell != "")
        known = sum(1 for field in fields if field is not None)
        if (known >= 2 and ("name" in fields or "code" in fields)) or (filled == 1 and "name" in fields):
            return _header(cells, fields, index + 1)
    raise HeaderProblem([(PeopleHeaderMissing(), None)], 1)


def _folded(cell: Cell) -> str:
    return fold(cell).strip(" *:") if isinstance(cell, str) else ""


def _header(cells: list[Cell], found: list[str | None], row: int) -> Header:
    errors: list[tuple[DomainError, str | None]] = []
    fields: dict[str, int] = {}
    headings: dict[str, str] = {}
    for place, (cell, field) in enumerate(zip(cells, found, strict=True)):
        if cell == "":
            continue
        if field is None:
            errors.append((ColumnUnknown(value=str(cell)), str(cell)))
        elif field == "note":
            fields[f"note {place}"] = place
        elif field in fields:
            errors.append((ColumnTwice(value=str(cell)), str(cell)))
        else:
            fields[field], headings[field] = place, str(cell)
    if "name" not in fields:
        errors.append((ColumnMissing(value="Họ và tên (name)"), None))
    if errors:
        raise HeaderProblem(errors, row)
    return Header(row, fields, headings)
