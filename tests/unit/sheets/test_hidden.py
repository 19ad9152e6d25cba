"""What a workbook hides is found however the program wrote it, told, and left out where somebody says so."""

from __future__ import annotations

import io
import json

import pytest
import xlsxwriter

from confhub.sheets.files import read_tables
from confhub.sheets.hidden import hidden_columns, hidden_parts, hidden_rows, without_hidden
from confhub.sheets.process import Answer, answer
from confhub.sheets.table import Table


def hiding(heading: list[str], rows: list[list[object]], other: list[list[object]]) -> bytes:
    """Row 3 filtered out, row 4 of no height, column D hidden; a second sheet that only a macro can show."""
    file = io.BytesIO()
    made = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet, secret = made.add_worksheet("Danh sách"), made.add_worksheet("Ẩn")
    for at, cells in enumerate([heading, *rows]):
        sheet.write_row(at, 0, cells)
    sheet.autofilter(0, 0, len(rows), len(heading) - 1)
    sheet.set_row(2, None, None, {"hidden": True})
    sheet.set_row(3, 0)
    sheet.set_row(40, None, None, {"hidden": True})
    sheet.set_column(3, 3, None, None, {"hidden": True})
    sheet.set_column(20, 25, None, None, {"hidden": True})
    for at, cells in enumerate(other):
        secret.write_row(at, 0, cells)
    secret.very_hidden()
    made.close()
    return file.getvalue()


PEOPLE = hiding(
    ["Họ và tên", "Đơn vị", "SĐT", "Mã"],
    [["Nguyễn Văn An", "U4", "0912345678", "CB1"], ["Lê Hoà", "U4", "", "CB2"], ["Trần Đức", "U5", "", ""]],
    [["Họ và tên", "Đơn vị"], ["Vũ Ẩn", "U4"]],
)


def test_rows_columns_and_sheets_are_told_with_what_they_say() -> None:
    tables = read_tables("a.xlsx", PEOPLE)
    assert [(one.kind, one.sheet, one.count, one.places) for one in hidden_parts(tables)] == [
        ("rows", "Danh sách", 2, "3–4"),
        ("columns", "Danh sách", 1, "D"),
        ("sheet", "Ẩn", 2, ""),
    ]
    rows, columns, sheet = hidden_parts(tables)
    assert rows.sample == ("Lê Hoà · U4 · CB2", "Trần Đức · U5")
    assert columns.sample == ("Mã · CB1 · CB2",)
    assert sheet.sample == ("Họ và tên · Đơn vị", "Vũ Ẩn · U4")


def test_what_is_left_out_leaves_everything_else_in_its_place() -> None:
    shown = without_hidden(read_tables("a.xlsx", PEOPLE))
    assert [table.rows for table in shown] == [
        [["Họ và tên", "Đơn vị", "SĐT", ""], ["Nguyễn Văn An", "U4", "0912345678", ""], [], []],
        [],
    ]


def test_the_reading_process_hands_on_what_is_hidden() -> None:
    told = Answer()
    for line in answer("a.xlsx", PEOPLE):
        told.take(json.dumps(line).encode())
    assert told.tables == read_tables("a.xlsx", PEOPLE)


@pytest.mark.parametrize(
    ("xml", "rows"),
    [
        (b'<row r="2" hidden="1"><c/></row><row r="3"/>', {2}),
        (b"<x:row r='2' hidden='true'/>", {2}),
        (b'<row r="2" hidden="0"/><row r="3" hidden="false"/><row r="4" ht="15"/>', set()),
        (b'<row r="5" ht="0" customHeight="1"/><row r="6" ht="0.75"/>', {5}),
        (b'<row hidden="1"/><row/><row hidden="1"/>', {1, 3}),
        (b'<row r="7" collapsed="1"/><row hidden="1"/>', {8}),
    ],
)
def test_rows_are_hidden_in_every_way_of_writing_it(xml: bytes, rows: set[int]) -> None:
    assert hidden_rows(xml) == rows


@pytest.mark.parametrize(
    ("xml", "columns"),
    [
        (b'<cols><col min="2" max="3" hidden="1"/><col min="5" max="5" width="9"/></cols>', {2, 3}),
        (b'<x:col hidden="true" max="4" min="4"/>', {4}),
        (b'<col min="1" max="1" width="0" customWidth="1"/>', {1}),
        (b'<col min="59" max="16384" hidden="1"/>', {59, 60}),
    ],
)
def test_columns_are_hidden_in_every_way_of_writing_it(xml: bytes, columns: set[int]) -> None:
    assert hidden_columns(xml) == columns


def test_many_stretches_are_told_as_far_as_anybody_reads() -> None:
    table = Table("A", [["x"]] * 200, hidden_rows=frozenset(range(1, 200, 2)))
    (part,) = hidden_parts([table])
    assert part.count == 100
    assert part.places.startswith("1, 3, 5, ")
    assert part.places.endswith(" …")
