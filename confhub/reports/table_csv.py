"""A table as CSV for Excel, as `csv_file` has it: byte order mark, CRLF, local separators, no formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from confhub.kernel.rounding import percent, rounded
from confhub.reports.csv_file import safe
from confhub.reports.tables import Column, Kind, Value

BOM = b"\xef\xbb\xbf"


class CsvWriter:
    """Turns rows into bytes, some at a time."""

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
        out = io.StringIO()
        writer = csv.writer(out, delimiter=";" if self._comma else ",", lineterminator="\r\n")
        for row in rows:
            writer.writerow([safe(cell) for cell in row])
        return out.getvalue().encode()

    def _cell(self, value: Value, column: Column) -> str:
        if value is None:
            return ""
        if isinstance(value, datetime):
            return value.strftime("%Y-%m-%d %H:%M:%S")
        if column.kind is Kind.SHARE and isinstance(value, (int, float)):
            return self._number(percent(value))
        if column.kind is Kind.MINUTES and isinstance(value, (int, float)):
            return self._number(rounded(value, 1))
        return str(value)

    def _number(self, value: Decimal) -> str:
        text = str(value)
        return text.replace(".", ",") if self._comma else text
