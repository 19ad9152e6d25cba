"""What a workbook of rooms hides is asked about before a room of it is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from confhub.access.rules import SYSTEM
from confhub.sheets.choices import ReadingChoices
from confhub.sheets.errors import HiddenOpen
from tests.unit.sheets.test_hidden import hiding

if TYPE_CHECKING:
    from tests.plugins.tree import House

HEAD = ["Mã điểm cầu", "Tên điểm cầu", "Đơn vị", "Cán bộ phụ trách"]
ROOMS = hiding(
    HEAD, [["R-1", "Phòng 1", "A", "An"], ["R-2", "Phòng 2", "A", "Ba"], ["R-3", "Phòng 3", "A", "Chi"]],
    [HEAD, ["R-9", "Phòng ẩn", "A", ""]],
)  # fmt: skip


async def test_hidden_rooms_are_told_and_taken_or_left_out_as_said(house: House) -> None:
    asked = await house.imports.preview(SYSTEM, "a.xlsx", ROOMS)
    assert [(part.kind, part.count) for part in asked.hidden] == [("rows", 2), ("columns", 1), ("sheet", 2)]
    assert (asked.ok, asked.hidden_open, asked.token) == (True, True, "")
    with pytest.raises(HiddenOpen):
        await house.imports.apply(SYSTEM, asked.draft)
    taken = await house.imports.revise(SYSTEM, asked.draft, ReadingChoices(hidden="take"))
    assert [line.code for line in taken.lines] == ["R-1", "R-2", "R-3", "R-9"]
    seen = await house.imports.revise(SYSTEM, taken.draft, ReadingChoices(hidden="skip"))
    assert [line.code for line in seen.lines] == ["R-1"]
    assert [column.heading for column in seen.read[0].heading.columns] == HEAD[:3]
    done = await house.imports.apply(SYSTEM, seen.token)
    assert [line.code for line in done.lines] == ["R-1"]
