"""CSV files: tables for Excel, which opens them properly by a double click, and plain rows for programs.

For Excel: UTF-8 with a byte order mark (without it Excel reads the letters wrong), CRLF, one header line. In
Vietnamese the separator is a semicolon and the decimal sign a comma, in English comma and point: what Excel
expects in each of the two settings. Times are local, in the form `2026-03-02 08:00:00`, which Excel takes as
real times in every language. Texts that Excel would take for a formula (=, +, -, @, tab, carriage return at
the start) get an apostrophe in front. Below the rows, after an empty line, stands what is said of the whole.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from confhub.files.table import Column, Kind, Table, Value
from confhub.kernel.rounding import percent, rounded

BOM: Final = b"\xef\xbb\xbf"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_DIGITS: Final = {Kind.MINUTES: 1, Kind.DECIMAL: 2}


class CsvWriter:
    """Turns a table's rows into bytes for Excel, some at a time."""

    def __init__(self, columns: Sequence[Column], language: str) -> None:
        self._columns = columns
        self._comma = language == "vi"

    def head(self) -> bytes:
        """The byte order mark and the heading line."""
        return BOM + self._lines([[column.title for column in self._columns]])

    def rows(self, rows: Iterable[Sequence[Value]]) -> bytes:
        """These rows' lines."""
        return self._lines(
            [self._cell(value, column) for value, column in zip(row, self._columns, strict=True)]
            for row in rows
        )

    def notes(self, sentences: Iterable[str]) -> bytes:
        """What is said of the whole, a line each, below the rows after an empty line."""
        return self._lines([[], *([one] for one in sentences)])

    def _lines(self, rows: Iterable[list[str]]) -> bytes:
        safely = ([safe(cell) for cell in row] for row in rows)
        return plain(safely, delimiter=";" if self._comma else ",")

    def _cell(self, value: Value, column: Column) -> str:
        if value is None:
            return ""
        if isinstance(value, datetime):
            return value.strftime("%Y-%m-%d %H:%M:%S")
        if isinstance(value, (int, float)):
            if column.kind is Kind.SHARE:
                return self._number(percent(value))
            if column.kind in _DIGITS:
                return self._number(rounded(value, _DIGITS[column.kind]))
        return str(value)

    def _number(self, value: Decimal) -> str:
        text = str(value)
        return text.replace(".", ",") if self._comma else text


def csv_bytes(table: Table, language: str) -> bytes:
    """A whole table, with what is said of it."""
    writer = CsvWriter(table.columns, language)
    return writer.head() + writer.rows(table.rows) + writer.notes(table.notes)


def plain(rows: Iterable[Sequence[object]], delimiter: str = ",") -> bytes:
    """Rows as they are, as programs read them: UTF-8 without a mark, CRLF."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()


def safe(cell: str) -> str:
    """No cell of ours is a formula: a leading sign is a name's, or an attack."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
