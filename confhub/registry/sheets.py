"""Tables out of an import file: bytes of CSV or XLSX in, rows of plain cells out. Knows no unit.

Blocking and bounded; the hub has it done in a process of its own (`file_reading`). Raises only `SheetError`,
whatever the bytes.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final

from confhub.kernel.errors import DomainError
from confhub.kernel.limits import IMPORT_MAX_BYTES, IMPORT_MAX_ROWS
from confhub.registry.headings import KNOWN, ways
from confhub.registry.import_errors import (
    CellTooLong,
    EncodingUnknown,
    FileEmpty,
    FileProtected,
    FileTooLarge,
    FileUnreadable,
    OldExcelFormat,
    QuotesBroken,
    TooManyCells,
    TooManyColumns,
    TooManyRows,
)
from confhub.registry.letters import made_sense, old_font

COLUMNS_MAX: Final = 60
"""The table has 15 columns; room for remarks, none for a sheet stretched to column XFD."""

CELL_MAX_CHARS: Final = 2_000
"""Ten times the longest name."""

CELLS_MAX: Final = 1_000_000
"""Cells of a file, all sheets together: 50,000 rows of 20 columns."""

TEXT_MAX_CHARS: Final = 30_000_000
"""Letters of a file, all sheets together: 30 a cell."""

LETTERS_LOOKED_AT: Final = 100_000
"""Of a CSV file of which it is to be known how they are meant."""

HEADING_WITHIN_ROWS: Final = 30
"""An office's name, a motto, a title and some remarks may stand above the table."""

_OTHER_KINDS = re.compile(
    rb"(?:\xef\xbb\xbf)?\s{0,99}(?:<(?:html|!doctype|\?xml|table|meta|head|style|workbook)\b|%PDF-|\{\\rtf|MIME-Version:"
    rb"|\x89PNG|\xff\xd8\xff|GIF8)",
    re.IGNORECASE,
)
"""How pages, documents and pictures begin: web systems call their pages .xls."""

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
    column), from 1, of cells merged over several columns.
    """

    name: str
    rows: list[list[Cell]]
    formulas: frozenset[tuple[int, int]] = field(default_factory=frozenset)
    computed: int = 0
    spans: frozenset[tuple[int, int, int]] = field(default_factory=frozenset)


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


def tables_or_error(filename: str, content: bytes) -> list[Table] | SheetError:
    """As `read_tables`; what the file is refused with is the answer."""
    try:
        return read_tables(filename, content)
    except SheetError as error:
        return error


def read_tables(filename: str, content: bytes) -> list[Table]:
    """The sheets of an XLSX file, or the one table of a CSV file. Raises `SheetError`."""
    if len(content) > IMPORT_MAX_BYTES:
        raise SheetError(FileTooLarge(limit_mb=IMPORT_MAX_BYTES >> 20))
    if not content.strip(b"\x00\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise SheetError(FileEmpty())
    if content.startswith(b"PK"):
        from confhub.registry import workbook

        return workbook.read(content)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        encrypted = "EncryptedPackage".encode("utf-16-le") in content
        raise SheetError(FileProtected() if encrypted else OldExcelFormat())
    if _OTHER_KINDS.match(content):
        raise SheetError(FileUnreadable())
    return [_read_csv(filename, decode(content))]


def decode(content: bytes) -> str:
    """The text of a CSV file: UTF-8, UTF-16 (with or without mark), Windows-1258, or Windows-1252 where that
    is an old font's (TCVN3, VNI), unconverted; in NFC.

    Raises `SheetError` where none of them gives text.
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return _checked(content, encoding)
    if b"\x00" in content:
        little = content[1:400:2].count(0) > content[0:400:2].count(0)
        return _checked(content, "utf-16-le" if little else "utf-16-be")
    try:
        return _checked(content, "utf-8")
    except SheetError as error:
        if isinstance(error.error, FileUnreadable):
            raise
    # Any bytes at all can pass for these two; only Vietnamese words make them believable.
    text, old = _tried(content, "cp1258"), _tried(content, "cp1252")
    if any(ord(char) > 127 and not _vietnamese(char) for char in text):
        text = ""
    lines = _first_lines(old)
    font = old_font(lines)
    share = made_sense(map(font.convert, lines)) if font else 0.0
    if share > max(0.5, made_sense(_first_lines(text))):
        return old
    if not text:
        raise SheetError(EncodingUnknown())
    return text


def _first_lines(text: str) -> list[str]:
    return [line[:CELL_MAX_CHARS] for line in text[:LETTERS_LOOKED_AT].splitlines()]


def _tried(content: bytes, encoding: str) -> str:
    try:
        return _checked(content, encoding)
    except SheetError:
        return ""


def _checked(content: bytes, encoding: str) -> str:
    try:
        text = unicodedata.normalize("NFC", content.decode(encoding))
    except UnicodeDecodeError:
        raise SheetError(EncodingUnknown()) from None
    if any(char < " " and char not in "\t\r\n" for char in text):
        raise SheetError(FileUnreadable())
    return text


def _vietnamese(char: str) -> bool:
    base = unicodedata.normalize("NFD", char)
    marks = {"\u0300", "\u0301", "\u0303", "\u0306", "\u0302", "\u0309", "\u031b", "\u0323"}
    return char in "đĐ₫–—‘’“”…°\u00a0" or (base[0].isascii() and base[0].isalpha() and set(base[1:]) <= marks)


def _read_csv(filename: str, text: str) -> Table:
    name = filename.rsplit("/", 1)[-1]
    lines = text.splitlines(keepends=True)
    delimiter = _delimiter(text)
    skipped = 0
    if lines and lines[0].strip().lower() in {"sep=;", "sep=,", "sep=\t"}:  # Excel's own hint
        delimiter, lines, skipped = lines[0].strip()[4:] or "\t", lines[1:], 1
    rows: list[list[Cell]] = [[] for _ in range(skipped)]
    room = Room()
    reader = csv.reader(io.StringIO("".join(lines), newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if len(rows) > IMPORT_MAX_ROWS:
                raise SheetError(TooManyRows(limit=IMPORT_MAX_ROWS), name)
            row = _csv_row(cells, name, len(rows) + 1)
            room.take(row, name, len(rows) + 1)
            rows.append(row)
    except csv.Error as error:
        too_long = "field larger" in str(error)
        problem: DomainError = CellTooLong(limit=CELL_MAX_CHARS) if too_long else QuotesBroken()
        raise SheetError(problem, name, len(rows) + 1) from None
    formulas = {
        (row, column)
        for row, cells in enumerate(rows, 1)
        for column, cell in enumerate(cells, 1)
        if isinstance(cell, str) and cell.startswith("=")
    }
    return Table(name, rows, frozenset(formulas))


def _csv_row(cells: list[str], name: str, row: int) -> list[Cell]:
    while cells and not cells[-1].strip():
        cells.pop()
    if len(cells) > COLUMNS_MAX:
        raise SheetError(TooManyColumns(limit=COLUMNS_MAX), name, row)
    for cell in cells:
        if len(cell) > CELL_MAX_CHARS:
            raise SheetError(CellTooLong(limit=CELL_MAX_CHARS), name, row)
    return [visible(cell) for cell in cells]


def _delimiter(text: str) -> str:
    """The one that makes most columns of the heading; the data below may be full of others. Without a
    heading that is known: the commonest at the top."""
    best, most = "", 1
    for delimiter in ",;\t|":
        rows = csv.reader(io.StringIO(text[:_HEAD_CHARS], newline=""), delimiter=delimiter)
        try:
            for _, cells in zip(range(HEADING_WITHIN_ROWS), rows, strict=False):
                known = sum(any(way in KNOWN for way in ways(cell)) for cell in cells[:COLUMNS_MAX])
                if known > most:
                    best, most = delimiter, known
        except csv.Error:
            continue
    if best:
        return best
    head = "".join(text.splitlines(keepends=True)[:20])  # a title without any delimiter may stand above
    return max(",;\t|", key=head.count)


_HEAD_CHARS: Final = 20_000
"""Thirty rows of a wide table."""
