"""Lists of people as offices lay them out: what is read, what is left out and why."""

from __future__ import annotations

from datetime import date

import pytest

from confhub.registry.rules import with_zero
from confhub.rosters.import_rows import PeopleRows, read_rows
from confhub.rosters.register import Place, Places
from confhub.sheets.files import read_tables
from confhub.sheets.letters import looks_old, old_font
from tests.unit.rosters.office import book


def read(name: str, content: bytes | str) -> PeopleRows:
    return read_rows(
        read_tables(name, content.encode() if isinstance(content, str) else content), date(2026, 1, 1)
    )


def test_a_whole_office_sheet_is_read_and_every_row_left_out_has_its_reason() -> None:
    rows = [
        ["UBND TỈNH PHÚ THỌ"],
        ["DANH SÁCH ĐẠI BIỂU"],
        ["(Kèm theo Công văn số 12 ngày 5 tháng 3 năm 2025)"],
        [],
        ["STT", "", "", "", "", "Chức vụ", "Đơn vị công tác", "Số ĐT", "Dân tộc", "Ký nhận"],
        ["", "Họ đệm", "Tên", "Nam", "Nữ"],
        ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)", "(9)", "(10)"],
        ["I", "Khối xã"],
        [1, "Nguyễn Văn", "An", 1980, "", "Chủ tịch", "UBND phường Dữu Lâu", 912345678, "Kinh"],
        [2, "Lê Thị", "Hoa", "", "03/09/1987", "Bí thư", "P. Dữu Lâu", "0987654321", "Mường"],
        ["II", "Khối Đảng"],
        [3, "Trần", "Đức", "", "", "", "X. Ấm Hạ", 2103883123, "Kinh"],
        [4],
        ["", "Tổng cộng: 3 người"],
        [],
        ["", "NGƯỜI LẬP BIỂU", "", "", "", "", "CHỦ TỊCH"],
        ["", "(Ký, ghi rõ họ tên)"],
        ["", "Phạm Văn Ký", "", "", "", "", "Đỗ Văn Lãnh"],
    ]
    merges = [(4, 1, 4, 2, "Họ và tên"), (4, 3, 4, 4, "Ngày, tháng, năm sinh"), (7, 1, 7, 9, "Khối xã")]
    found = read("a.xlsx", book({"Danh sách": rows}, merges))
    assert not found.problems.total
    assert [(one.row, one.name, one.born, one.phone, one.marks) for one in found.rows] == [
        (9, "Nguyễn Văn An", 1980, "0912345678", ("zero", "year")),
        (10, "Lê Thị Hoa", date(1987, 9, 3), "0987654321", ()),
        (12, "Trần Đức", None, "02103883123", ("zero",)),
    ]
    assert [(one.row, one.why) for one in found.left_out.first] == [
        (7, "numbers"), (8, "group"), (11, "group"), (13, "number"), (14, "total"), (16, "signature"),
        (17, "signature"), (18, "signature"),
    ]  # fmt: skip
    columns = found.headers[0].heading.columns
    assert [(one.heading, one.why) for one in columns if one.field is None] == [
        ("Dân tộc", "unknown"), ("Ký nhận", "unknown"),
    ]  # fmt: skip
    units = Places([Place(1, "A", "Phường Dữu Lâu", "/1/"), Place(2, "B", "Xã Ấm Hạ", "/2/")])
    assert [[one.id for one in units.find_short(row.unit or "")] for row in found.rows] == [[1], [1], [2]]
    assert set(units.read_as) == {"UBND phường Dữu Lâu", "P. Dữu Lâu", "X. Ấm Hạ"}


def test_every_sheet_is_read_and_a_room_merged_over_three_people_is_that_of_all_three() -> None:
    head = ["Họ và tên", "Mã đơn vị", "Điểm cầu"]
    first = [head, ["An", "U1", ""], ["Bình", "U1", ""], ["Chi", "U1", ""], ["Dung", "U1", ""]]
    content = book(
        {"Xã 1": first, "Hướng dẫn": [["Đọc kỹ trước khi điền"]], "Xã 2": [head, ["Em", "U2", "R2"]]},
        [(1, 2, 3, 2, "R1")],
    )
    found = read("a.xlsx", content)
    assert [(one.sheet, one.name, one.room) for one in found.rows] == [
        (0, "An", "R1"), (0, "Bình", "R1"), (0, "Chi", "R1"), (0, "Dung", None), (2, "Em", "R2"),
    ]  # fmt: skip
    assert found.unread == {1: "Hướng dẫn"}


def test_the_heading_says_the_delimiter_not_the_data() -> None:
    row = "Nguyễn Văn An;Xã A, huyện B, tỉnh C, Việt Nam;Chủ tịch, Bí thư, Trưởng ban, Ủy viên\n"
    found = read("a.csv", "Họ và tên;Đơn vị;Chức vụ\n" + 20 * row)
    assert (len(found.rows), found.rows[0].unit) == (20, "Xã A, huyện B, tỉnh C, Việt Nam")


@pytest.mark.parametrize(
    ("text", "old"),
    [
        ("Hä vµ tªn;§¬n vÞ\nNguyÔn V¨n An;X· Êm H¹\nTrÇn ThÞ H»ng;X· Êm H¹\n", "tcvn3"),
        ("Hoï vaø teân;Ñôn vò\nNguyeãn Vaên An;Xaõ AÁm Haï\nTraàn Thò Haèng;Xaõ AÁm Haï\n", "vni"),
    ],
)
def test_texts_of_old_fonts_are_told_and_read(text: str, old: str) -> None:
    found = read("a.csv", text)
    assert [(one.name, one.unit) for one in found.rows] == [
        ("Nguyễn Văn An", "Xã Ấm Hạ"), ("Trần Thị Hằng", "Xã Ấm Hạ"),
    ]  # fmt: skip
    assert found.letters is not None
    assert found.letters.old == old
    assert (
        "TrÇn ThÞ H»ng" if old == "tcvn3" else "Traàn Thò Haèng",
        "Trần Thị Hằng",
    ) in found.letters.samples


@pytest.mark.parametrize(
    "name",
    ["Nguyễn Thị Hoà", "Lò Văn Quyết", "H’Hen Niê", "Y Blŭk Êban", "José Nguyễn", "Ñoñ", "Hoàng Thuỳ Quyên"],
)
def test_names_in_unicode_are_left_alone(name: str) -> None:
    assert looks_old(name) is None
    assert old_font([name]) is None


@pytest.mark.parametrize(
    ("read_as", "phone"),
    [
        ("912345678", "0912345678"), ("2103883123", "02103883123"), ("912 345 678", "0912 345 678"),
        ("0912345678", "0912345678"), ("+84912345678", "+84912345678"), ("84912345678", "84912345678"),
        ("113", "113"), ("12345678", "12345678"),
    ],
)  # fmt: skip
def test_a_phone_gets_the_zero_back_that_a_spreadsheet_took(read_as: str, phone: str) -> None:
    assert with_zero(read_as) == phone


@pytest.mark.parametrize(
    ("cell", "born"),
    [
        ("1980", 1980), ("../../1980", 1980), ("00/00/1980", 1980), ("03/09/1980", date(1980, 9, 3)),
        ("01/01/1980", date(1980, 1, 1)),
    ],
)  # fmt: skip
def test_a_year_of_birth_alone_stays_a_year(cell: str, born: object) -> None:
    found = read("a.csv", f"Họ và tên;Đơn vị;Năm sinh\nAn;U1;{cell}\n")
    assert found.rows[0].born == born
