"""XLSX: looked over by hand first, then read by calamine.

calamine lays a sheet out as one block from its first cell to its last, and unpacks whatever the file
holds, so a file of a kilobyte could ask for all memory. Therefore the archive is unpacked here under a
cap, every cell's place is looked at, and calamine gets a clean copy. Formulas, and what is hidden, are found
on the way.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from xml.etree import ElementTree

import python_calamine

from confhub.kernel.limits import IMPORT_MAX_ROWS
from confhub.sheets.errors import CellTooLong, FileEmpty, FileUnreadable, TooManyColumns, TooManyRows
from confhub.sheets.hidden import hidden_columns, hidden_rows
from confhub.sheets.table import CELL_MAX_CHARS, COLUMNS_MAX, Cell, Room, SheetError, Table, visible

UNPACKED_MAX_BYTES: Final = 120 * 2**20
"""50,000 rows of 15 columns unpack to about 60 MB."""

ENTRIES_MAX: Final = 500
"""Sheets, styles, themes, pictures: an ordinary workbook has a dozen entries."""

SHEETS_MAX: Final = 20
"""Two are read."""

# Each of these looks at a byte a bounded number of times: a tag is found first, its attributes then.
_TAG = re.compile(rb"<(?:\w{1,20}:)?(c|row)\b([^<>]*)")
_PLACE = re.compile(rb"""\sr\s*=\s*["']([^"']*)["']""")
_FORMULA = re.compile(rb"<(?:\w{1,20}:)?c\b([^<>]*)>\s*<(?:\w{1,20}:)?f[\s>/]")
_REFERENCE = re.compile(rb"([A-Z]{0,3})([0-9]{1,7})")
_EMPTY_CELL = re.compile(rb"<(?:\w{1,20}:)?c\b[^<>]*/>|<(?:\w{1,20}:)?c\b[^<>]*>\s{0,9}</(?:\w{1,20}:)?c>")
_EMPTY_ROW = re.compile(
    rb"<(?:\w{1,20}:)?row\b[^<>]*/>|<(?:\w{1,20}:)?row\b[^<>]*>\s{0,9}</(?:\w{1,20}:)?row>"
)
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def read(content: bytes) -> list[Table]:
    """Every sheet of the workbook. Raises `SheetError`, whatever the bytes."""
    try:
        parts = _unpack(content)
        return _tables(_packed(parts), _looks(parts))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError,
            ElementTree.ParseError, python_calamine.CalamineError, ValueError, KeyError,
            IndexError, OverflowError) as error:  # fmt: skip
        raise SheetError(FileUnreadable()) from error


def _unpack(content: bytes) -> dict[str, bytes]:
    parts: dict[str, bytes] = {}
    left = UNPACKED_MAX_BYTES
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        if len(entries) > ENTRIES_MAX:
            raise SheetError(FileUnreadable())
        for entry in entries:
            if not entry.filename.endswith((".xml", ".rels")):
                continue
            with archive.open(entry) as file:
                data = file.read(left + 1)  # never more than the entry declares, checked by its CRC
            left -= len(data)
            if left < 0:
                raise SheetError(TooManyRows(limit=IMPORT_MAX_ROWS))
            parts[entry.filename] = _looked_over(entry.filename, data)
    return parts


def _looked_over(name: str, data: bytes) -> bytes:
    """The part, of a sheet without its empty cells: formats alone may reach down to the last row there is."""
    if b"\x00" in data[:200] or b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise SheetError(FileUnreadable())
    if name.startswith("xl/worksheets/") and all(_PLACE.search(tag[2]) for tag in _TAG.finditer(data)):
        data = _EMPTY_ROW.sub(b"", _EMPTY_CELL.sub(b"", data))
    _look_at_places(data)
    return data


def _look_at_places(data: bytes) -> None:
    seen = {b"row": 0, b"c": 0}
    for tag in _TAG.finditer(data):
        kind = tag[1]
        seen[kind] += 1
        if seen[b"row"] > IMPORT_MAX_ROWS + 1:
            raise SheetError(TooManyRows(limit=IMPORT_MAX_ROWS))
        if seen[b"c"] > (IMPORT_MAX_ROWS + 1) * COLUMNS_MAX:
            raise SheetError(TooManyColumns(limit=COLUMNS_MAX))
        places = _PLACE.findall(tag[2])
        if len(places) > 1:
            raise SheetError(FileUnreadable())  # XML forbids an attribute twice
        if places:
            _check_place(kind, places[0])


def _check_place(kind: bytes, place: bytes) -> None:
    reference = _REFERENCE.fullmatch(place)
    if reference is None or (kind == b"c" and not reference[1]):
        raise SheetError(FileUnreadable())
    if int(reference[2]) > IMPORT_MAX_ROWS + 1:
        raise SheetError(TooManyRows(limit=IMPORT_MAX_ROWS))
    if column_number(reference[1]) > COLUMNS_MAX:
        raise SheetError(TooManyColumns(limit=COLUMNS_MAX))


def column_number(letters: bytes) -> int:
    """1 for A, 27 for AA; 0 for nothing."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


@dataclass(frozen=True, slots=True)
class _Look:
    """What a sheet's XML tells that calamine does not."""

    formulas: frozenset[tuple[int, int]] = frozenset()
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()


def _looks(parts: dict[str, bytes]) -> dict[str, _Look]:
    relations = {
        relation.get("Id", ""): relation.get("Target", "")
        for relation in ElementTree.fromstring(parts["xl/_rels/workbook.xml.rels"])  # noqa: S314
    }
    found: dict[str, _Look] = {}
    for sheet in ElementTree.fromstring(parts["xl/workbook.xml"]).iter():  # noqa: S314
        if sheet.tag.rsplit("}", 1)[-1] != "sheet":
            continue
        target = relations.get(sheet.get(_RELATION, ""), "")
        path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        data = parts.get(path, b"")
        found[sheet.get("name", "")] = _Look(
            frozenset(_places_of_formulas(data)),
            sheet.get("state", "visible") != "visible",
            hidden_rows(data),
            hidden_columns(data),
        )
    return found


def _places_of_formulas(sheet: bytes) -> Iterator[tuple[int, int]]:
    for cell in _FORMULA.finditer(sheet):
        for place in _PLACE.findall(cell[1]):
            if reference := _REFERENCE.fullmatch(place):
                yield int(reference[2]), column_number(reference[1])


def _packed(parts: dict[str, bytes]) -> io.BytesIO:
    clean = io.BytesIO()
    with zipfile.ZipFile(clean, "w", zipfile.ZIP_STORED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    clean.seek(0)
    return clean


def _tables(file: io.BytesIO, looks: dict[str, _Look]) -> list[Table]:
    try:
        workbook = python_calamine.load_workbook(file)
        names = workbook.sheet_names
        if not names:
            raise SheetError(FileEmpty())
        if len(names) > SHEETS_MAX:
            raise SheetError(FileUnreadable())
        room = Room()
        return [
            _table(name, workbook.get_sheet_by_name(name), room, looks.get(name, _Look())) for name in names
        ]
    except BaseException as error:
        # A panic inside calamine is no Exception; it means that the file is broken.
        if type(error).__name__ != "PanicException":
            raise
        raise SheetError(FileUnreadable()) from error


def _table(name: str, sheet: python_calamine.CalamineSheet, room: Room, look: _Look) -> Table:
    rows = _rows(name, sheet, room)
    spans = _spread(name, rows, sheet.merged_cell_ranges or [], room)
    empty = frozenset(place for place in look.formulas if _at(rows, *place) == "")
    computed = len(look.formulas) - len(empty)
    return Table(name, rows, empty, computed, spans, look.hidden, look.hidden_rows, look.hidden_columns)


def _at(rows: list[list[Cell]], row: int, column: int) -> Cell:
    return rows[row - 1][column - 1] if row <= len(rows) and column <= len(rows[row - 1]) else ""


def _spread(
    name: str, rows: list[list[Cell]], merged: list[tuple[tuple[int, int], tuple[int, int]]], room: Room
) -> frozenset[tuple[int, int, int]]:
    """Put what is merged over several rows into each of them; where cells are merged over several columns."""
    spans: set[tuple[int, int, int]] = set()
    for (top, left), (bottom, right) in merged:
        last = min(bottom, len(rows) - 1)
        value = _at(rows, top + 1, left + 1)
        if left >= COLUMNS_MAX or value == "":
            continue
        for number in range(top, last + 1):
            row = rows[number]
            if number > top:
                new: list[Cell] = [""] * (left + 1 - len(row))
                row.extend(new)
                if row[left] == "":
                    row[left] = value
                    room.take([*new, value], name, number + 1)
            if right > left:
                spans.add((number + 1, left + 1, min(right + 1, COLUMNS_MAX)))
                room.take([""], name, number + 1)
    return frozenset(spans)


def _rows(name: str, sheet: python_calamine.CalamineSheet, room: Room) -> list[list[Cell]]:
    left = [""] * (sheet.start[1] if sheet.start is not None else 0)  # calamine begins at the first cell
    rows: list[list[Cell]] = []
    for number, cells in enumerate(sheet.iter_rows(), 1):
        row = left + [_cell(cell) for cell in cells]
        while row and row[-1] == "":
            row.pop()
        for cell in row:
            if isinstance(cell, str) and len(cell) > CELL_MAX_CHARS:
                raise SheetError(CellTooLong(limit=CELL_MAX_CHARS), name, number)
        room.take(row, name, number)
        rows.append(row)
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _cell(value: object) -> Cell:
    if isinstance(value, datetime):
        value = _to_the_second(value)
        return value if value.time() != time() else value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, time):
        value = timedelta(
            hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond
        )
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        hour, minute, second = seconds // 3_600, seconds // 60 % 60, seconds % 60
        return time(hour, minute, second) if 0 <= seconds < 86_400 else f"{hour}:{minute:02}:{second:02}"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, bool):
        return str(value)
    return visible(str(value))


def _to_the_second(value: datetime) -> datetime:
    """Excel counts in fractions of a day: 23:25:00 comes as 23:24:59.999."""
    if value.microsecond < 500_000 or value.year > 9_998:
        return value.replace(microsecond=0)
    return value.replace(microsecond=0) + timedelta(seconds=1)
