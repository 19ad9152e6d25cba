"""Tables as files: sheets' names, cells of CSV files, names of files."""

from __future__ import annotations

import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from confhub.files.csv_file import CsvWriter
from confhub.files.names import file_name
from confhub.files.table import Column, Kind, Table
from confhub.files.workbook import write

NOW = datetime(2026, 3, 2, 8, 5, 30, tzinfo=UTC)
COLUMNS = (Column("Tên"), Column("Phút", Kind.MINUTES), Column("Lúc", Kind.MOMENT), Column("%", Kind.SHARE))


def test_sheets_of_one_name_or_with_signs_excel_refuses_still_open(tmp_path: Path) -> None:
    file = tmp_path / "book.xlsx"
    names = ["Xã", "xã", "Cấp [a]: b/c*?\\", "'" * 3, "Rất dài " * 10, "Rất dài " * 10]
    write(file, [Table(name, COLUMNS, [["An", 1.5, NOW, 0.5]], "") for name in names], "T", "A", NOW)
    found = CalamineWorkbook.from_path(file).sheet_names
    assert len(found) == len({name.lower() for name in found}) == 6
    assert found[:3] == ["Xã", "xã (2)", "Cấp  a   b c"]
    assert all(len(name) <= 31 for name in found)


@pytest.mark.parametrize("name", ["=1+1", "+84", "-x", "@SUM(A1)", "=HYPERLINK(\"http://x\")", "http://x.vn",
                                  "00123", "x" * 40_000, "\ta\x01b\ud7ff"])  # fmt: skip
def test_every_text_is_a_text(tmp_path: Path, name: str) -> None:
    file = tmp_path / "book.xlsx"
    write(file, [Table("T", COLUMNS, [[name, 1.5, NOW, 0.5]])], "T", "A", NOW)
    row = CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()[1]
    assert isinstance(row[0], str)
    assert row[0][:5] == name[:5] or "\x01" in name
    assert row[1:] == [1.5, NOW.replace(tzinfo=None), 0.5]
    with zipfile.ZipFile(file) as book:
        xml = book.read("xl/worksheets/sheet1.xml").decode()
    assert not re.search(r"<f[ >]|<hyperlink", xml)


def test_csv_cells_are_excels_in_each_language() -> None:
    row = ["=1+1", 12.34, NOW, 0.5]
    vietnamese = CsvWriter(COLUMNS, "vi")
    assert vietnamese.head().decode() == "\ufeffTên;Phút;Lúc;%\r\n"
    assert vietnamese.rows([row]).decode() == "'=1+1;12,3;2026-03-02 08:05:30;50,00\r\n"
    assert CsvWriter(COLUMNS, "en").rows([row]).decode() == "'=1+1,12.3,2026-03-02 08:05:30,50.00\r\n"
    assert CsvWriter(COLUMNS, "en").rows([[None, None, None, None]]).decode() == ",,,\r\n"


@pytest.mark.parametrize(
    ("title", "name"),
    [("Học tập Nghị quyết – đợt 1", "7-hoc-tap-nghi-quyet-dot-1.pdf"),
     ("../../etc/passwd", "7-etc-passwd.pdf"), ("“ ”", "7.pdf"), ("ă" * 300, f"7-{'a' * 60}.pdf")],
)  # fmt: skip
def test_names_of_files_are_plain(title: str, name: str) -> None:
    assert file_name("7", title, "pdf") == name
