"""Whatever a sheet holds, whichever cells are merged, and whatever is said of its heading: it is read, or
refused in words."""

from __future__ import annotations

import random
from datetime import date

import pytest

from confhub.checkin import filetable
from confhub.registry.import_rows import read_wishes
from confhub.rosters.import_rows import headings_of, read_rows
from confhub.sheets.choices import Said
from confhub.sheets.table import Cell, Table

WORDS = (
    "Họ và tên", "Đơn vị", "Nam", "Nữ", "Ngày sinh", "", "1", "(2)", "STT", "x", "Giờ vào", "Ngày", "Tháng",
    "Năm", "Mã", "Điểm cầu", "Tên", "-", "Tổng cộng: 2", "II. Khối xã", "29467", "3/9/80",
)  # fmt: skip
FIELDS = ("name", "unit", "code", "", "given", "family", "birth_day", "birth_month", "birth_date", "came")


def sheet(dice: random.Random) -> Table:
    rows: list[list[Cell]] = [
        [dice.choice(WORDS) for _ in range(dice.randint(0, 6))] for _ in range(dice.randint(0, 7))
    ]
    first = [dice.randint(1, 5) for _ in range(dice.randint(0, 3))]
    spans = frozenset((dice.randint(1, 6), one, dice.randint(one, 6)) for one in first)
    return Table("a", rows, spans=spans)


@pytest.mark.parametrize("seed", range(8))
def test_no_layout_breaks_a_reader(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(150):
        table = sheet(dice)
        fields = {dice.randint(0, 7): dice.choice(FIELDS) for _ in range(dice.randint(0, 3))}
        chosen = {0: Said(dice.choice((None, 0, 1, 2, 3, -1, -2, 9, -9)), fields)}
        people = read_rows([table], date(2026, 1, 1), chosen=chosen)
        read = {row.row for row in people.rows} | {one.row for one in people.left_out.first}
        told = read | {one.row for one in people.problems.kept}
        if people.headers and not any(one.code == "column_missing" for one in people.problems.kept):
            first = people.headers[0].heading.row
            filled = {number for number, cells in enumerate(table.rows, 1) if any(cells) and number > first}
            assert filled <= told, "no row is dropped unseen"
        headings_of([table], chosen)
        for row in filetable.read([table], chosen).rows:
            assert row.number > 0
        read_wishes([table], chosen)
