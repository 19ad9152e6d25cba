"""Tables out of an import file: bytes of CSV or XLSX in, rows of plain cells out. Knows no unit.

Blocking and bounded; the hub has it done in a process of its own (`file_reading`). Raises only `SheetError`,
whatever the bytes.
"""

from __future__ import annotations

import re

from confhub.kernel.limits import IMPORT_MAX_BYTES
from confhub.sheets import csv_text, workbook
from confhub.sheets.errors import (
    FileEmpty,
    FileProtected,
    FileTooLarge,
    FileUnreadable,
    OldExcelFormat,
)
from confhub.sheets.table import SheetError, Table

_OTHER_KINDS = re.compile(
    rb"(?:\xef\xbb\xbf)?\s{0,99}(?:<(?:html|!doctype|\?xml|table|meta|head|style|workbook)\b|%PDF-|\{\\rtf|MIME-Version:"
    rb"|\x89PNG|\xff\xd8\xff|GIF8)",
    re.IGNORECASE,
)
"""How pages, documents and pictures begin: web systems call their pages .xls."""


def read_tables(filename: str, content: bytes) -> list[Table]:
    """The sheets of an XLSX file, or the one table of a CSV file. Raises `SheetError`."""
    if len(content) > IMPORT_MAX_BYTES:
        raise SheetError(FileTooLarge(limit_mb=IMPORT_MAX_BYTES >> 20))
    if not content.strip(b"\x00\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise SheetError(FileEmpty())
    if content.startswith(b"PK"):
        return workbook.read(content)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        encrypted = "EncryptedPackage".encode("utf-16-le") in content
        raise SheetError(FileProtected() if encrypted else OldExcelFormat())
    if _OTHER_KINDS.match(content):
        raise SheetError(FileUnreadable())
    return [csv_text.read(filename, content)]
