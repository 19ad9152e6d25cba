"""Files of an import: tables as text and as workbooks (archives, bombs too)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from confhub.registry.import_rows import read_wishes
from confhub.registry.sheets import tables_or_error
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


def feed(data: bytes) -> None:
    """Wishes and problems, never an exception."""
    source = Source(data)
    how = source.number() % 3
    if how == 0:
        wishes, problems = read_wishes(tables_or_error("a.csv", source.rest()))
    elif how == 1:
        wishes, problems = read_wishes(tables_or_error("a.xlsx", source.rest()))
    else:
        wishes, problems = read_wishes(tables_or_error("a.xlsx", _archive(source)))
    assert problems.total >= len(problems.kept)
    assert problems.total or wishes is not None


def _archive(source: Source) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in _PARTS:
            content = source.piece()
            archive.writestr(name, content * (1 + source.number() * (source.number() & 1) * 64))
    return file.getvalue()
