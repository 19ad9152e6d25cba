"""What an hour in a file says, as Excel and people write it."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from confhub.checkin.errors import TimeUnreadable
from confhub.checkin.filetable import hour_of, read
from confhub.sheets.table import Cell, Table


def at(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - local to the session


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("8:05", time(8, 5)),
        ("08:05:10", time(8, 5, 10)),
        ("11:24:10 CH", time(23, 24, 10)),
        ("11:24 SA", time(11, 24)),
        ("12:00 SA", time(0, 0)),
        ("12:30 PM", time(12, 30)),
        ("7h30", time(7, 30)),
        ("7h", time(7)),
        ("7 giờ 30 phút", time(7, 30)),
        ("7g05'", time(7, 5)),
        (time(23, 25), time(23, 25)),
        ("0.975694444444444", time(23, 25)),
        ("45000.9756944444", at(2023, 3, 15, 23, 25)),
        (at(2026, 3, 2, 8, 5), at(2026, 3, 2, 8, 5)),
        ("22/11/2026 08:05", at(2026, 11, 22, 8, 5)),
        ("2026-11-22T08:05:00", at(2026, 11, 22, 8, 5)),
        ("08:05 22/11/2026", at(2026, 11, 22, 8, 5)),
        ("22/11/2026 1:05:00 CH", at(2026, 11, 22, 13, 5)),
        ("7h30 ngày", None),
        ("25:00", None),
        ("13:00 CH", None),
        ("7.30", None),
        (date(2026, 3, 2), None),
        ("x", None),
        ("31/02/2026 08:00", None),
        ("99999.5000", None),
    ],
)
def test_an_hour_is_read_as_it_is_shown_or_refused(cell: Cell, said: datetime | time | None) -> None:
    if said is None:
        with pytest.raises(TimeUnreadable):
            hour_of(cell, "came")
    else:
        assert hour_of(cell, "came") == said


def test_every_sheet_is_read_and_what_is_no_list_is_named() -> None:
    head: list[Cell] = ["STT", "Họ đệm", "Tên", "Đơn vị", "Giờ vào", "Ký tên"]
    tables = [
        Table(
            "Sáng", [["DANH SÁCH"], head, ["1", "Lê", "Hoà", "Xã Ấm Hạ", "8:05", ""], ["", "Tổng cộng: 1"]]
        ),
        Table("Ghi chú", [["Nộp trước thứ sáu"]]),
        Table("Chiều", [head, ["1", "Nguyễn Văn", "An", "Xã Ấm Hạ", time(14, 0), "x"]]),
    ]
    found = read(tables)
    assert [(one.sheet, one.number, one.name) for one in found.rows] == [
        (0, 3, "Lê Hoà"),
        (2, 2, "Nguyễn Văn An"),
    ]
    assert (found.unread, [one.heading for one in found.ignored]) == ({1: "Ghi chú"}, ["Ký tên", "Ký tên"])
    assert [(one.sheet, one.row, one.why) for one in found.left_out.first] == [("Sáng", 4, "total")]
    assert (read(tables[1:2]).read, read(tables[1:2]).unread) == ([], {0: "Ghi chú"})
