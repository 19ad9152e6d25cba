"""What stands under a table is neither an entry nor a value of it, in all three kinds of files."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import pytest

from confhub.checkin import filetable
from confhub.registry.import_rows import read_wishes
from confhub.rosters.import_rows import read_rows
from confhub.sheets.files import read_tables

TOTALS = (
    "Tổng cộng: 45 người", "Tổng số: 45", "Tổng: 45", "Cộng: 45", "Tổng số đại biểu: 45",
    "Danh sách trên gồm 45 người", "Danh sách gồm có 45 đồng chí./.", "(Danh sách ấn định 45 người)",
    "Bằng chữ: Bốn mươi lăm người", "Có mặt: 40/45", "Vắng: 5 người", "Số người có mặt: 40",
)  # fmt: skip
SIGNATURES = (
    "Người lập biểu", "NGƯỜI LẬP", "Lập bảng", "Cán bộ lập biểu", "Thủ trưởng đơn vị", "Hiệu trưởng",
    "Chủ tịch", "CHỦ TỊCH UBND XÃ", "PHÓ CHỦ TỊCH UBND", "Trưởng phòng", "Chánh Văn phòng",
    "Thư ký cuộc họp", "Chủ tọa", "(Ký tên, đóng dấu)", "Ký, họ tên", "(đã ký)", "Xác nhận của UBND xã",
    "KT. CHỦ TỊCH", "T/M UBND XÃ", "Bí thư", "Ngày 5 tháng 9 năm 2025", "Phú Thọ, ngày … tháng … năm …",
    "Ngày     tháng     năm 20..", "Phú Thọ, ngày 05/9/2025", "Ghi chú: mang theo máy tính",
    "Lưu ý: gửi trước ngày 5", "Nơi nhận:", "- Như trên;", "Phê duyệt của lãnh đạo",
)  # fmt: skip

PEOPLE = [
    ["STT", "Họ và tên", "Đơn vị", "Ký nhận"],
    [1, "Nguyễn Văn An", "U1", ""],
    [2, "Lê Thị Hoa", "U2", ""],
]
ROOMS = [
    ["STT", "Mã điểm cầu", "Tên điểm cầu", "Đơn vị", "Diện tích"],
    [1, "R1", "Phòng 1", "U1", 40],
    [2, "R2", "Phòng 2", "U2", 50],
]
HOURS = [
    ["STT", "Họ và tên", "Đơn vị", "Giờ vào", "Ký tên"],
    [1, "Nguyễn Văn An", "U1", "8:05", ""],
    [2, "Lê Thị Hoa", "U2", "8:06", "x"],
]


class Read(NamedTuple):
    """Rows of entries and of problems; rows left out with their reasons; how many; values of columns."""

    rows: list[int | None]
    left_out: list[tuple[int, str]]
    counts: dict[str, int]
    samples: list[tuple[str, ...]]


def written(rows: Sequence[Sequence[object]]) -> bytes:
    """As a CSV file."""
    file = io.StringIO()
    csv.writer(file, delimiter=";").writerows(rows)
    return file.getvalue().encode("utf-8-sig")


def read(rows: Sequence[Sequence[object]]) -> Read:
    """By the reader that the heading is meant for."""
    tables = read_tables("a.csv", written(rows))
    if rows[0] in (ROOMS[0], ROOMS[0][1:]):
        wishes, problems = read_wishes(tables)
        entries = [wish.row for wish in wishes.endpoint.values()]
        left_out, samples, wrong = wishes.left_out, [one.sample for one in wishes.ignored], problems.kept
    elif rows[0] in (HOURS[0], HOURS[0][1:]):
        found = filetable.read(tables)
        entries, wrong = [row.number for row in found.rows], []
        left_out, samples = found.left_out, [one.sample for one in found.ignored]
    else:
        people = read_rows(tables, date(2026, 1, 1))
        entries, left_out, wrong = [row.row for row in people.rows], people.left_out, people.problems.kept
        samples = [one.sample for header in people.headers.values() for one in header.heading.columns]
    told = [(one.row, one.why) for one in left_out.first]
    return Read([*entries, *(one.row for one in wrong)], told, dict(left_out.counts), samples)


@pytest.mark.parametrize("numbered", [True, False], ids=["numbered", "not numbered"])
@pytest.mark.parametrize("table", [PEOPLE, ROOMS, HOURS], ids=["people", "rooms", "hours"])
@pytest.mark.parametrize("text", [*TOTALS, *SIGNATURES])
def test_a_line_under_the_table_is_left_out_wherever_it_stands(
    table: list[list[object]], text: str, numbered: bool
) -> None:
    base = table if numbered else [row[1:] for row in table]
    width = len(base[0])
    why = "total" if text in TOTALS else "signature"
    for at in range(width):
        line, name = ["" for _ in base[0]], ["" for _ in base[0]]
        line[at], name[at] = text, "Trần Văn Ký"
        found = read([*base, line, [], name])
        assert (found.rows, found.left_out[0]) == ([2, 3], (4, why)), at
        assert [row for row, _ in found.left_out] == [4, 6], "whoever signs is nobody of the list"
        assert sum(found.counts.values()) == 2
        beside = [*line]
        beside[(at + 1) % width] = "Giám đốc"
        assert read([*base, beside]).rows == [2, 3], at


@pytest.mark.parametrize("table", [PEOPLE, ROOMS, HOURS], ids=["people", "rooms", "hours"])
def test_first_values_are_those_of_entries_alone(table: list[list[object]]) -> None:
    signed = [["" for _ in table[0][1:]] + ["Phú Thọ, ngày 5 tháng 9 năm 2025", "Số: 12"]]
    found = read([table[0], *table[1:], *signed])
    assert {one for sample in found.samples for one in sample} <= {
        *map(str, (cell for row in table[1:] for cell in row))
    }
    assert len(found.samples) <= len(table[0]), "no column comes of a line under the table"


def test_names_that_begin_as_a_total_or_a_signature_does_are_names() -> None:
    people = [
        ["Họ đệm", "Tên", "Đơn vị", "Chức vụ"],
        ["Lê Văn", "Cộng", "Tổng công ty Giấy", "Chủ tịch"],
        ["Trần", "Duyệt", "Cộng Hòa", "Kế toán"],
        ["Hà Văn", "Tổng", "Ban Tổng hợp", "Người lập báo cáo"],
        ["Đỗ Văn", "Ký", "", ""],
    ]
    assert read(people).rows == [2, 3, 4, 5]
    rooms = [
        ["Mã điểm cầu", "Tên điểm cầu", "Đơn vị"],
        ["R1", "Tổng công ty Giấy", "U1"],
        ["R2", "Cộng Hòa", "U2"],
        ["R3", "Hội trường, tầng 3", "Thư ký"],
    ]
    read_rooms, problems = read_wishes(read_tables("a.csv", written(rooms)))
    assert (list(read_rooms.endpoint), [problem.row for problem in problems.kept]) == (["R1", "R2"], [4])


def test_a_total_between_groups_ends_nothing() -> None:
    rows = [
        *PEOPLE,
        ["", "Cộng: 2"],
        ["II", "Khối phường"],
        [3, "Hà Dung", "U1", ""],
        ["", "Tổng cộng", "", 3],
    ]
    found = read(rows)
    assert (found.rows, found.left_out) == ([2, 3, 6], [(4, "total"), (5, "group"), (7, "total")])
    bare = [["Họ và tên", "Đơn vị"], ["An", "U1"], ["Cộng: 1", ""], ["Bình", "U2"], ["Tổng cộng: 2", ""]]
    assert read(bare).rows == [2, 4]
