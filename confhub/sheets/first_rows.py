"""A sheet's first rows, shown so that somebody can say where its heading is. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from confhub.sheets.layout import ROWS_SHOWN
from confhub.sheets.table import Table, cell_text

CELLS_SHOWN: Final = 12
"""Of a row: enough to know it again."""

CELL_SHOWN_CHARS: Final = 40


@dataclass(frozen=True, slots=True)
class FirstRows:
    """`sheet`: its place in the workbook, from 0. `rows`: those on top that are not empty, numbered."""

    sheet: int
    name: str
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def first_rows(tables: list[Table]) -> tuple[FirstRows, ...]:
    """Of each sheet that is not empty."""
    return tuple(
        FirstRows(place, table.name, tuple(_rows(table)))
        for place, table in enumerate(tables)
        if any(table.rows)
    )


def _rows(table: Table) -> list[tuple[int, tuple[str, ...]]]:
    return [
        (number, tuple(cell_text(cell)[:CELL_SHOWN_CHARS] for cell in cells[:CELLS_SHOWN]))
        for number, cells in enumerate(table.rows[:ROWS_SHOWN], 1)
        if any(cell != "" for cell in cells)
    ]
