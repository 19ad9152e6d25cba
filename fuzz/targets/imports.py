"""Files of an import: tables as text and as workbooks (archives, bombs too)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from confhub.checkin import filetable
from confhub.kernel.errors import DomainError
from confhub.registry.import_rows import read_wishes
from confhub.rosters.import_rows import read_rows
from confhub.sheets.files import read_tables
from confhub.sheets.table import SheetError, Table
from fuzz.law import Feed
from fuzz.source import Source

_PARTS = (
    "[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels",
    "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml",
)  # fmt: skip


@contextmanager
def ready() -> Iterator[Feed]:
    """First byte: text, archive, or parts that an archive is made of."""
    yield feed


def tables_or_error(filename: str, content: bytes) -> list[Table] | SheetError:
    """As `read_tables`; what the file is refused with is the answer."""
    try:
        return read_tables(filename, content)
    except SheetError as error:
        return error


def feed(data: bytes) -> None:
    """Wishes, people, hours and problems, never another exception."""
    source = Source(data)
    how = source.number() % 3
    if how == 0:
        tables = tables_or_error("a.csv", source.rest())
    elif how == 1:
        tables = tables_or_error("a.xlsx", source.rest())
    else:
        tables = tables_or_error("a.xlsx", _archive(source))
    wishes, problems = read_wishes(tables)
    assert problems.total >= len(problems.kept)
    assert problems.total or wishes is not None
    people = read_rows(tables, date(2026, 1, 1))
    assert people.problems.total or people.rows
    if not isinstance(tables, SheetError):
        _hours(tables)


def _hours(tables: list[Table]) -> None:
    try:
        for row in filetable.read(tables).rows:
            for column in ("came", "went"):
                filetable.hour_of(row.cells.get(column, ""), column)
    except DomainError:
        return


def _archive(source: Source) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in _PARTS:
            content = source.piece()
            archive.writestr(name, content * (1 + source.number() * (source.number() & 1) * 64))
    return file.getvalue()
