"""What a workbook hides: sheets, rows (by a filter as well), columns. Told before anything is taken, and then
taken or left out, as somebody says. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal

from confhub.sheets.table import COLUMNS_MAX, Table, cell_text

HiddenChoice = Literal["", "take", "skip"]
"""What somebody said of what is hidden; nothing so far."""

TAKE: Final = "take"
SKIP: Final = "skip"

PARTS: Final = {
    "sheet": "The sheet {sheet} is hidden: {count} rows with something in them.",
    "rows": "On the sheet {sheet} {count} rows are hidden, or not shown by a filter: {places}.",
    "columns": "On the sheet {sheet} {count} columns are hidden: {places}.",
}
"""Message ids."""

SAMPLES: Final = 5
PLACES_SHOWN: Final = 30
"""Stretches of rows that are told one by one; the rest is counted."""

_ROW = re.compile(rb"<(?:\w{1,20}:)?row\b([^<>]*)")
_COLUMN = re.compile(rb"<(?:\w{1,20}:)?col\b([^<>]*)")
_NUMBER = re.compile(rb"""\s(r|min|max)\s*=\s*["']([0-9]{1,7})["']""")
_HIDDEN = re.compile(rb"""\s(?:hidden\s*=\s*["'](?:1|true)|(?:ht|width)\s*=\s*["']0(?:\.0{0,9})?)["']""")


@dataclass(frozen=True, slots=True)
class HiddenPart:
    """`kind`: a key of `PARTS`. `places`: rows (`4–9, 12`) or columns (`C, E`). `sample`: what the first ones
    say."""

    kind: Literal["sheet", "rows", "columns"]
    sheet: str
    count: int
    places: str
    sample: tuple[str, ...]

    @property
    def params(self) -> dict[str, object]:
        """Of its sentence in `PARTS`."""
        return {"sheet": self.sheet, "count": self.count, "places": self.places}


def hidden_rows(sheet: bytes) -> frozenset[int]:
    """Rows (from 1) that a sheet's XML hides; a row without its number follows the one before."""
    found: set[int] = set()
    number = 0
    for row in _ROW.finditer(sheet):
        places = _numbers(row[1])
        number = places.get(b"r", number + 1)
        if _HIDDEN.search(row[1]):
            found.add(number)
    return frozenset(found)


def hidden_columns(sheet: bytes) -> frozenset[int]:
    """Columns (from 1) that a sheet's XML hides."""
    found: set[int] = set()
    for column in _COLUMN.finditer(sheet):
        places = _numbers(column[1])
        if b"min" in places and _HIDDEN.search(column[1]):
            first = places[b"min"]
            last = places.get(b"max", first)
            found.update(range(first, min(last, COLUMNS_MAX) + 1))
    return frozenset(found)


def _numbers(attributes: bytes) -> dict[bytes, int]:
    return {name: int(number) for name, number in _NUMBER.findall(attributes)}


def hidden_parts(tables: Iterable[Table]) -> tuple[HiddenPart, ...]:
    """Everything hidden that says something."""
    found: list[HiddenPart] = []
    for table in tables:
        filled = [number for number, cells in enumerate(table.rows, 1) if any(cell != "" for cell in cells)]
        if table.hidden and filled:
            sample = tuple(_row_text(table, number) for number in filled[:SAMPLES])
            found.append(HiddenPart("sheet", table.name, len(filled), "", sample))
            continue
        if rows := [number for number in filled if number in table.hidden_rows]:
            sample = tuple(_row_text(table, number) for number in rows[:SAMPLES])
            found.append(HiddenPart("rows", table.name, len(rows), _stretches(rows), sample))
        columns = {number: _column_text(table, number) for number in sorted(table.hidden_columns)}
        if columns := {number: text for number, text in columns.items() if text}:
            places, sample = ", ".join(map(_letters, columns)), tuple(columns.values())[:SAMPLES]
            found.append(HiddenPart("columns", table.name, len(columns), places, sample))
    return tuple(found)


def without_hidden(tables: list[Table]) -> list[Table]:
    """The tables as a reader of the program sees them; what stays keeps its place."""
    return [_shown(table) for table in tables]


def _shown(table: Table) -> Table:
    if table.hidden:
        return replace(table, rows=[], formulas=frozenset(), computed=0, spans=frozenset())
    if not (table.hidden_rows or table.hidden_columns):
        return table
    rows = [
        []
        if number in table.hidden_rows
        else ["" if place in table.hidden_columns else cell for place, cell in enumerate(cells, 1)]
        for number, cells in enumerate(table.rows, 1)
    ]
    formulas = frozenset(
        (row, column)
        for row, column in table.formulas
        if row not in table.hidden_rows and column not in table.hidden_columns
    )
    return replace(table, rows=rows, formulas=formulas)


def _row_text(table: Table, number: int) -> str:
    return " · ".join(cell_text(cell) for cell in table.rows[number - 1] if cell != "")[:120]


def _column_text(table: Table, number: int) -> str:
    cells = (cells[number - 1] for cells in table.rows if number <= len(cells) and cells[number - 1] != "")
    return " · ".join(cell_text(cell)[:40] for cell, _ in zip(cells, range(SAMPLES), strict=False))


def _stretches(numbers: list[int]) -> str:
    """`4–9, 12` for ascending numbers."""
    starts = [numbers[0], *(after for before, after in pairwise(numbers) if after != before + 1)]
    ends = [*(before for before, after in pairwise(numbers) if after != before + 1), numbers[-1]]
    told = [
        str(first) if first == last else f"{first}–{last}" for first, last in zip(starts, ends, strict=True)
    ]
    return ", ".join(told[:PLACES_SHOWN]) + (" …" if len(told) > PLACES_SHOWN else "")


def _letters(number: int) -> str:
    """A for 1, AA for 27."""
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text
