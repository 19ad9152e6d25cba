"""A table with typed cells: what CSV files, workbooks and PDFs are written from, whatever they tell. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

Value = str | int | float | datetime | date | None


class Kind(StrEnum):
    """What a column's cells are. SHARE: 0..1, shown in percent with two decimals; MINUTES: one decimal;
    DECIMAL: two; ORDINAL: a running number; MARK: x or nothing; DAY: a date; MOMENT: with its time."""

    TEXT = "text"
    COUNT = "count"
    MINUTES = "minutes"
    DECIMAL = "decimal"
    ORDINAL = "ordinal"
    MARK = "mark"
    SHARE = "share"
    MOMENT = "moment"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Column:
    """A table's column; `width` in letters, in a PDF against the others'. `printed`: on a workbook's paper as
    well, where there is no room for all."""

    title: str
    kind: Kind = Kind.TEXT
    width: int = 9
    printed: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A named table; its rows may come one by one."""

    name: str
    columns: tuple[Column, ...]
    rows: Iterable[Sequence[Value]]
    title: str = ""
    """One line above the heading, in a workbook."""
    notes: Sequence[str] = ()
    """What is said of the whole, below the rows of a CSV file; a workbook has a sheet for it."""
