"""A table as it was read: rows of plain cells, bounded."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final

from confhub.kernel.errors import DomainError
from confhub.sheets.errors import TooManyCells

COLUMNS_MAX: Final = 60
"""The table has 15 columns; room for remarks, none for a sheet stretched to column XFD."""

CELL_MAX_CHARS: Final = 2_000
"""Ten times the longest name."""

CELLS_MAX: Final = 1_000_000
"""Cells of a file, all sheets together: 50,000 rows of 20 columns."""

TEXT_MAX_CHARS: Final = 30_000_000
"""Letters of a file, all sheets together: 30 a cell."""

HEADING_WITHIN_ROWS: Final = 30
"""An office's name, a motto, a title and some remarks may stand above the table."""

_STROKE = re.compile(r"[-–—_.…/ ]+")
_INVISIBLE: Final = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
"""What a copied text brings along at its ends, and nobody can see."""

Cell = str | date | time
"""Text, a day, a moment (`datetime`, to the second) or an hour."""


class SheetError(Exception):
    """The file as a whole cannot be read; `error` says why, with the row (from 1) where there is one."""

    def __init__(self, error: DomainError, sheet: str = "", row: int | None = None) -> None:
        super().__init__(error.code)
        self.error, self.sheet, self.row = error, sheet, row


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet. `rows` holds every row from the first; a cell merged over several rows stands in each.

    `formulas`: the places (row and column from 1) that hold a formula and no value of it. `computed`: how
    many cells hold the value that a formula had when the file was saved. `spans`: (row, first column, last
    column), from 1, of cells merged over several columns. `hidden`: the sheet is; `hidden_rows`,
    `hidden_columns`: from 1, filled or not.
    """

    name: str
    rows: list[list[Cell]]
    formulas: frozenset[tuple[int, int]] = field(default_factory=frozenset)
    computed: int = 0
    spans: frozenset[tuple[int, int, int]] = field(default_factory=frozenset)
    hidden: bool = False
    hidden_rows: frozenset[int] = field(default_factory=frozenset)
    hidden_columns: frozenset[int] = field(default_factory=frozenset)


@dataclass(slots=True)
class Room:
    """What a file may still hold."""

    cells: int = CELLS_MAX
    chars: int = TEXT_MAX_CHARS

    def take(self, row: list[Cell], sheet: str, number: int) -> None:
        """One more row. Raises `SheetError` where the file is full."""
        self.cells -= len(row)
        self.chars -= sum(len(cell) for cell in row if isinstance(cell, str))
        if self.cells < 0 or self.chars < 0:
            raise SheetError(TooManyCells(limit=CELLS_MAX), sheet, number)


def cell_text(cell: Cell) -> str:
    """What a cell shows, a day as 2025-06-30, an hour as 07:05:00."""
    if isinstance(cell, str):
        return cell
    return cell.isoformat(" ") if isinstance(cell, datetime) else cell.isoformat()


def said(cell: Cell) -> str:
    """What a cell shows, without a spreadsheet's mark of texts; nothing for a stroke, which lists have where
    nothing is."""
    text = cell_text(cell).removeprefix("'")
    return "" if _STROKE.fullmatch(text) else text


def visible(text: str) -> str:
    """The text in NFC, without blanks and what cannot be seen at its ends."""
    text = text.strip()
    return text if text.isascii() else unicodedata.normalize("NFC", text.strip(_INVISIBLE).strip())
