"""Tables out of an import file: bytes of CSV or XLSX in, rows of plain cells out. Knows no unit.

Blocking and bounded; the hub has it done in a process of its own (`file_reading`). Raises only `SheetError`,
whatever the bytes.
"""

from __future__ import annotations

from confhub.kernel.limits import IMPORT_MAX_BYTES
from confhub.sheets import csv_text, kinds, workbook
from confhub.sheets.errors import FileEmpty, FileTooLarge
from confhub.sheets.table import SheetError, Table


def read_tables(filename: str, content: bytes) -> list[Table]:
    """The sheets of an XLSX file, or the one table of a CSV file. Raises `SheetError`."""
    if len(content) > IMPORT_MAX_BYTES:
        raise SheetError(FileTooLarge(limit_mb=IMPORT_MAX_BYTES >> 20))
    if not content.strip(b"\x00\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise SheetError(FileEmpty())
    refusal = kinds.refusal(content)
    if refusal is not None:
        raise SheetError(refusal)
    return workbook.read(content) if content.startswith(b"PK") else [csv_text.read(filename, content)]
