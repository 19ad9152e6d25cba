"""Tables as an XLSX workbook: a sheet each, frozen headings, real dates and numbers, in constant memory.

Every text is written as a text, whatever it begins with: nothing of ours is a formula or a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from confhub.files.table import Kind, Table
from confhub.kernel.rounding import percent, rounded, whole_second

_FORMATS: Final = {
    Kind.COUNT: "#,##0",
    Kind.MINUTES: "#,##0.0",
    Kind.DECIMAL: "#,##0.00",
    Kind.SHARE: "0.00%",
    Kind.MOMENT: "yyyy-mm-dd hh:mm:ss",
    Kind.DAY: "yyyy-mm-dd",
}
_CELL_MAX_CHARS: Final = 32_767
"""Excel's own bound."""
_NAME_MAX_CHARS: Final = 31
_A4: Final = 9
"""Excel's number of the size."""
_HEADING_HEIGHT: Final = 62
"""Points: four lines of a narrow column's heading."""
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")


class Workbook:
    """A workbook that grows table by table, row by row. Blocking."""

    def __init__(self, target: Path, title: str, author: str, made_at: datetime) -> None:
        options = {
            "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
            "strings_to_numbers": False, "tmpdir": str(target.parent),
        }  # fmt: skip
        self._book: Any = xlsxwriter.Workbook(str(target), options)
        self._book.set_properties(
            {"title": title, "author": author, "created": made_at.astimezone(UTC).replace(tzinfo=None)}
        )
        add = self._book.add_format
        self._head = add({"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1,
                          "bg_color": "#E3ECF7"})  # fmt: skip
        self._title = add({"bold": True, "font_size": 13})
        self._formats = {kind: add({"num_format": text, "valign": "top"}) for kind, text in _FORMATS.items()}
        text = add({"text_wrap": True, "valign": "top"})
        self._formats |= dict.fromkeys((Kind.TEXT, Kind.MARK, Kind.ORDINAL), text)
        self._names: set[str] = set()

    def add(self, table: Table) -> int:
        """One sheet; gives how many rows it got. A title line and the heading stand still."""
        sheet: Any = self._book.add_worksheet(self._name(table.name))
        for at, column in enumerate(table.columns):
            sheet.set_column(at, at, column.width, self._formats.get(column.kind))
        top = 1 if table.title else 0
        sheet.freeze_panes(top + 1, 0)
        _on_paper(sheet, top)
        if table.title:
            sheet.write_string(0, 0, table.title[:_CELL_MAX_CHARS], self._title)
        sheet.set_row(top, _HEADING_HEIGHT)
        for at, column in enumerate(table.columns):
            sheet.write_string(top, at, column.title, self._head)
        count = self._rows(sheet, table, top + 1)
        sheet.autofilter(top, 0, top + max(1, count), len(table.columns) - 1)
        printed = [at for at, column in enumerate(table.columns) if column.printed]
        if len(printed) < len(table.columns):
            sheet.print_area(0, 0, top + max(1, count), printed[-1])
        return count

    def _rows(self, sheet: Any, table: Table, first: int) -> int:
        formats = [self._formats.get(column.kind) for column in table.columns]
        count = 0
        for row in table.rows:
            line = first + count
            for at, value in enumerate(row):
                if value is None or value == "":
                    continue
                if isinstance(value, str):
                    sheet.write_string(line, at, value[:_CELL_MAX_CHARS], formats[at])
                elif isinstance(value, datetime):
                    shown = whole_second(value).replace(tzinfo=None)  # a program would round it by itself
                    sheet.write_datetime(line, at, shown, formats[at])
                elif isinstance(value, date):
                    sheet.write_datetime(line, at, value, formats[at])
                else:
                    sheet.write_number(line, at, _rounded(value, table.columns[at].kind), formats[at])
            count += 1
        return count

    def _name(self, wanted: str) -> str:
        """A sheet's name as Excel takes it, each once."""
        base = _NOT_IN_NAMES.sub(" ", wanted).strip()[:_NAME_MAX_CHARS] or "-"
        name, number = base, 2
        while name.lower() in self._names:
            end = f" ({number})"
            name, number = base[: _NAME_MAX_CHARS - len(end)] + end, number + 1
        self._names.add(name.lower())
        return name

    def close(self) -> None:
        """Write the file."""
        self._book.close()


def _on_paper(sheet: Any, top: int) -> None:
    """A4, sideways, all columns on the sheet's width, the heading (row `top`) again on every page."""
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, top)
    sheet.set_footer("&L&9&F – &A&R&9&P/&N")


def _rounded(value: float, kind: Kind) -> float:
    """The figure that the other files show: a program would round the exact one in a way of its own."""
    if kind is Kind.SHARE:
        return float(percent(value) / 100)
    return float(rounded(value, 1)) if kind is Kind.MINUTES else value


def write(target: Path, tables: Iterable[Table], title: str, author: str, made_at: datetime) -> None:
    """A whole workbook."""
    book = Workbook(target, title, author, made_at)
    for table in tables:
        book.add(table)
    book.close()
