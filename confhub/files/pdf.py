"""Tables on the sheets of an official document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from confhub.files.table import Kind, Table, Value
from confhub.i18n.formats import Formats
from confhub.paper.grid import Column as Drawn
from confhub.paper.grid import Grid
from confhub.paper.sheets import Sheets

_PLACES: Final = {
    Kind.ORDINAL: "right", Kind.COUNT: "right", Kind.MINUTES: "right", Kind.DECIMAL: "right",
    Kind.SHARE: "right", Kind.MARK: "middle",
}  # fmt: skip
_SPOKEN: Final[Mapping[Kind, Callable[[Formats, Any], str]]] = {
    Kind.COUNT: Formats.number,
    Kind.MINUTES: lambda fmt, value: fmt.decimal(value, 1),
    Kind.DECIMAL: lambda fmt, value: fmt.decimal(value, 2),
    Kind.SHARE: Formats.percent,
}
_AFTER: Final = 6
"""Points below a table."""


def draw_table(
    sheets: Sheets, table: Table, fmt: Formats, *, size: float = 11, total: Sequence[Value] | None = None
) -> None:
    """The table, its columns as wide as they are against each other. `total`: a last row, bold. A number is
    written in the reader's form, a text as it is, also among numbers; nothing where there is None."""
    columns = table.columns
    shares = [Drawn(one.title, one.width, _PLACES.get(one.kind, "left")) for one in columns]
    grid = Grid(sheets, shares, size=size)
    grid.head()

    def cells(row: Sequence[Value]) -> list[str]:
        return [_cell(value, column.kind, fmt) for value, column in zip(row, columns, strict=True)]

    for row in table.rows:
        grid.row(cells(row))
    if total is not None:
        grid.row(cells(total), bold=True)
    sheets.y -= _AFTER


def _cell(value: Value, kind: Kind, fmt: Formats) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return fmt.datetime(value)
    if isinstance(value, str) or kind not in _SPOKEN:
        return str(value)
    return _SPOKEN[kind](fmt, value)
