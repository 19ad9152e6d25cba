"""CSV: which letters its bytes mean, what stands between its cells."""

from __future__ import annotations

import csv
import io
import unicodedata
from typing import Final

from confhub.kernel.errors import DomainError
from confhub.kernel.limits import IMPORT_MAX_ROWS
from confhub.sheets.errors import (
    CellTooLong,
    EncodingUnknown,
    FileUnreadable,
    QuotesBroken,
    TooManyColumns,
    TooManyRows,
)
from confhub.sheets.headings import KNOWN, ways
from confhub.sheets.letters import made_sense, old_font
from confhub.sheets.table import (
    CELL_MAX_CHARS,
    COLUMNS_MAX,
    HEADING_WITHIN_ROWS,
    Cell,
    Room,
    SheetError,
    Table,
    visible,
)

LETTERS_LOOKED_AT: Final = 100_000
"""Of a CSV file of which it is to be known how they are meant."""


def read(filename: str, content: bytes) -> Table:
    """The one table. Raises `SheetError`, whatever the bytes."""
    return _read_csv(filename, decode(content))


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
