"""A table on sheets: each kind of cell as its reader writes it, the total last."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from confhub.files.pdf import draw_table
from confhub.files.table import Column, Kind, Table
from confhub.i18n.formats import Formats
from confhub.paper.sheets import Sheets

COLUMNS = (
    Column("No.", Kind.ORDINAL, 10), Column("Name", width=30), Column("People", Kind.COUNT, 20),
    Column("Minutes", Kind.MINUTES, 20), Column("%", Kind.DECIMAL, 20), Column("Share", Kind.SHARE, 20),
    Column("Began", Kind.MOMENT, 40), Column("Closed", Kind.MARK, 20),
)  # fmt: skip
BEGAN = datetime(2026, 3, 2, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("vi", "1000 Ân Thị Ý 40.000 12,3 83,33 50,00 % 08:05, 02/03/2026 x"),
        ("en", "1000 Ân Thị Ý 40,000 12.3 83.33 50.00% 2 Mar 2026, 08:05 x"),
    ],
)
def test_each_kind_of_cell_is_written_as_the_reader_writes_it(language: str, said: str) -> None:
    out = io.BytesIO()
    sheets = Sheets(out, "T")
    rows = [
        [1000, "Ân Thị Ý", 40_000, 12.34, 83.333, 0.5, BEGAN, "x"],
        [2, "Bùi", None, None, "–", "–", None, ""],
    ]
    total = [None, "Total", "39.999", None, None, None, None, None]
    fmt = Formats(language, "Asia/Ho_Chi_Minh")
    draw_table(sheets, Table("T", COLUMNS, rows), fmt, size=8, total=total)
    sheets.save()
    drawn = " ".join(PdfReader(out).pages[0].extract_text().split())
    assert drawn == f"No. Name People Minutes % Share Began Closed {said} 2 Bùi – – Total 39.999"
