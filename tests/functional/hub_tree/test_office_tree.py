"""The tree and its rooms out of office files: columns chosen anew, letters of old fonts, footers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from confhub.access.rules import SYSTEM
from confhub.kernel.permissions import Role
from confhub.registry.errors import ChoiceImpossible, ImportDraftGone
from confhub.registry.plan import ImportPlan
from confhub.sheets.choices import ReadingChoices
from confhub.sheets.errors import LettersOpen
from tests.unit.rosters.office import one

if TYPE_CHECKING:
    from tests.plugins.tree import House

HEAD = ["STT", "Mã", "Tên điểm cầu", "Đơn vị", "Liên hệ", "Diện tích"]
ROW = [1, "R-N", "Phòng họp mới", "A", 912345678, 40]
TCVN3 = [["M· ®iÓm cÇu", "Tªn ®iÓm cÇu", "§¬n vÞ"], ["R-N", "Phßng häp x· Êm H¹", "A"]]
VNI = [["Maõ ñieåm caàu", "Teân ñieåm caàu", "Ñôn vò"], ["R-N", "Phoøng hoïp xaõ AÁm Haï", "A"]]


async def _preview(house: House, rows: list[list[object]], **options: ReadingChoices) -> ImportPlan:
    return await house.imports.preview(SYSTEM, "diem-cau.xlsx", one(rows), **options)


def _columns(plan: ImportPlan) -> dict[str, str | None]:
    return {column.heading: column.field for sheet in plan.read for column in sheet.heading.columns}


async def test_a_column_is_chosen_anew_applied_and_remembered_for_the_office(house: House) -> None:
    plan = await _preview(house, [HEAD, ROW])
    assert (_columns(plan)["Liên hệ"], _columns(plan)["Diện tích"]) == (None, None)
    chosen = ReadingChoices(columns={"0.4": "operator_phone"})
    again = await house.imports.revise(SYSTEM, plan.draft, chosen)
    assert _columns(again)["Liên hệ"] == "operator_phone"
    with pytest.raises(ImportDraftGone):
        await house.imports.apply(SYSTEM, plan.token)
    await house.imports.apply(SYSTEM, again.token)
    found = [room for room in (await house.registry.endpoints(SYSTEM)).rows if room.code == "R-N"]
    assert [room.operator_phone for room in found] == ["0912345678"]

    later = await _preview(house, [HEAD, [1, "R-N", "Phòng họp mới", "A", 987654321, 40]])
    assert [(line.code, change.new) for line in later.lines for change in line.changes] == [
        ("R-N", "0987654321")
    ]
    assert later.read[0].remembered
    branch = house.actor(Role.ADMINISTRATOR, "A")
    elsewhere = await house.imports.preview(branch, "b.xlsx", one([HEAD, ROW]))
    assert (elsewhere.read[0].remembered, _columns(elsewhere)["Liên hệ"]) == (False, None)
    with pytest.raises(ChoiceImpossible):
        await house.imports.revise(branch, elsewhere.draft, ReadingChoices(columns={"0.4": "birth_date"}))


async def test_a_column_that_is_missing_is_chosen_where_the_file_was_refused(house: House) -> None:
    refused = await _preview(house, [["Ký hiệu", "Tên điểm cầu", "Đơn vị"], ["R-N", "Phòng họp mới", "A"]])
    assert ([problem.code for problem in refused.problems], refused.token) == (["column_missing"], "")
    plan = await house.imports.revise(SYSTEM, refused.draft, ReadingChoices(columns={"0.0": "code"}))
    assert [(line.action, line.code) for line in plan.lines] == [("added", "R-N")]
    twice = await _preview(house, [["Mã", "Tên", "Tên", "Đơn vị"], ["R-N", "Phòng họp", "cũ", "A"]])
    assert [problem.code for problem in twice.problems] == ["column_twice"]
    plan = await house.imports.revise(SYSTEM, twice.draft, ReadingChoices(columns={"0.2": ""}))
    assert [(line.code, line.name) for line in plan.lines] == [("R-N", "Phòng họp")]


async def test_columns_chosen_say_what_the_rows_are(house: House) -> None:
    """Rooms, as it seems, until a column is said to hold the units above."""
    rows = [["Mã", "Tên", "Loại hình", "Thuộc"], ["A9", "Xã Chín", "commune", "A"]]
    plan = await _preview(house, rows)
    assert plan.problems
    chosen = ReadingChoices(columns={"0.2": "tier", "0.3": "parent"})
    plan = await house.imports.revise(SYSTEM, plan.draft, chosen)
    assert [(line.what, line.code) for line in plan.lines] == [("unit", "A9")]


@pytest.mark.parametrize(("rows", "old"), [(TCVN3, "tcvn3"), (VNI, "vni")], ids=["tcvn3", "vni"])
async def test_texts_in_an_old_font_are_asked_about_and_read_as_shown(
    house: House, rows: list[list[object]], old: str
) -> None:
    asked = await _preview(house, rows)
    assert asked.letters is not None
    assert (asked.letters.old, asked.letters_open, asked.token, asked.ok) == (old, True, "", True)
    assert [line.name for line in asked.lines] == ["Phòng họp xã Ấm Hạ"]
    with pytest.raises(LettersOpen):
        await house.imports.apply(SYSTEM, asked.draft)
    plan = await house.imports.revise(SYSTEM, asked.draft, ReadingChoices("convert"))
    await house.imports.apply(SYSTEM, plan.token)
    assert "Phòng họp xã Ấm Hạ" in [room.name for room in (await house.registry.endpoints(SYSTEM)).rows]
    again = await _preview(house, rows, choices=ReadingChoices("convert"))
    assert (again.changes, again.unchanged) == (0, 1)


async def test_letters_that_are_refused_stay_as_they_stand(house: House) -> None:
    rows = [["Mã điểm cầu", "Tên điểm cầu", "Đơn vị"], ["R-N", "Phßng häp x· Êm H¹", "A"]]
    asked = await _preview(house, rows)
    kept = await house.imports.revise(SYSTEM, asked.draft, ReadingChoices("keep"))
    assert (kept.letters_open, [line.name for line in kept.lines]) == (False, ["Phßng häp x· Êm H¹"])
    assert kept.token


async def test_what_stands_under_the_table_is_counted_and_named(house: House) -> None:
    signed = [["", "Tổng cộng: 1 điểm cầu"], ["", "", "", "Phú Thọ, ngày 5 tháng 9 năm 2025"],
              ["", "NGƯỜI LẬP BIỂU", "", "GIÁM ĐỐC"], [], ["", "Đỗ Thị Lập", "", "Hà Văn Ký"]]  # fmt: skip
    plan = await _preview(house, [HEAD, ROW, *signed])
    assert (plan.problems, plan.skips) == ((), {"total": 1, "signature": 3})
    assert [(one.row, one.text) for one in plan.skipped] == [
        (3, "Tổng cộng: 1 điểm cầu"),
        (4, "Phú Thọ, ngày 5 tháng 9 năm 2025"),
        (5, "NGƯỜI LẬP BIỂU · GIÁM ĐỐC"),
        (7, "Đỗ Thị Lập · Hà Văn Ký"),
    ]
