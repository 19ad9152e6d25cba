"""A table of rooms or units whose column names are not found: somebody says where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from confhub.access.rules import SYSTEM
from confhub.registry.errors import ChoiceImpossible
from confhub.registry.plan import ImportPlan
from confhub.sheets.choices import ReadingChoices
from tests.unit.rosters.office import book, one

if TYPE_CHECKING:
    from tests.plugins.tree import House

HEAD = ["Ký hiệu", "Địa điểm họp", "Trực thuộc", "Liên lạc"]
ROW = ["R-N", "Phòng họp mới", "A", 912345678]
FIELDS = {"0.0": "code", "0.1": "name", "0.2": "unit", "0.3": "operator_phone"}
ROOMS = ["Mã điểm cầu", "Tên điểm cầu", "Đơn vị"]


async def _revised(house: House, plan: ImportPlan, **said: object) -> ImportPlan:
    return await house.imports.revise(SYSTEM, plan.draft, ReadingChoices(**said))  # type: ignore[arg-type]


def _codes(plan: ImportPlan) -> list[tuple[str, str]]:
    return [(line.code, line.name) for line in plan.lines]


async def test_the_first_rows_are_shown_and_the_heading_is_said_and_remembered(house: House) -> None:
    content = one([["PHỤ LỤC 2"], [], HEAD, ROW])
    plan = await house.imports.preview(SYSTEM, "a.xlsx", content)
    assert ([problem.code for problem in plan.problems], plan.token) == (["header_missing"], "")
    assert plan.first_rows[0].rows == (
        (1, ("PHỤ LỤC 2",)), (3, tuple(HEAD)), (4, ("R-N", "Phòng họp mới", "A", "912345678")),
    )  # fmt: skip
    asked = await _revised(house, plan, headings={"0": 3})
    assert [problem.params.get("value") for problem in asked.problems] == ["Mã (code)"]
    done = await _revised(house, asked, headings={"0": 3}, columns=FIELDS)
    assert (_codes(done), done.problems) == ([("R-N", "Phòng họp mới")], ())
    await house.imports.apply(SYSTEM, done.token)

    later = one([["PHỤ LỤC 3"], ["Kèm theo công văn số 5"], [], [], HEAD, ["R-M", "Phòng họp nữa", "A", ""]])
    again = await house.imports.preview(SYSTEM, "b.xlsx", later)
    assert (_codes(again), again.read[0].remembered) == ([("R-M", "Phòng họp nữa")], True)
    assert again.choices.headings == {"0": 5}


async def test_a_table_without_any_heading_begins_where_it_is_said_to(house: House) -> None:
    plan = await house.imports.preview(SYSTEM, "a.xlsx", one([["PHỤ LỤC 2"], ROW, ["R-M", "Phòng 2", "A"]]))
    done = await _revised(house, plan, headings={"0": -2}, columns=FIELDS)
    assert _codes(done) == [("R-N", "Phòng họp mới"), ("R-M", "Phòng 2")]
    assert [column.heading for column in done.read[0].heading.columns] == ["", "", "", ""]
    await house.imports.apply(SYSTEM, done.token)
    again = await house.imports.preview(SYSTEM, "b.xlsx", one([["R-L", "Phòng 3", "A", "0912345678"]]))
    assert again.problems, "nobody but a person says that there is no heading"
    assert _codes(await _revised(house, again, headings={"0": -1})) == [("R-L", "Phòng 3")]
    narrow = await house.imports.preview(SYSTEM, "b.xlsx", one([["R-L", "Phòng 3", "A"]]))
    assert (await _revised(house, narrow, headings={"0": -1})).problems, "another width is another table"


async def test_a_heading_found_in_the_wrong_row_is_moved(house: House) -> None:
    rows = [["Mã", "Tên"], ["(mẫu 1)", "(mẫu 2)"], ROOMS, ["R-N", "Mới", "A"]]
    plan = await house.imports.preview(SYSTEM, "a.xlsx", one(rows))
    assert plan.problems
    assert _codes(await _revised(house, plan, headings={"0": 3})) == [("R-N", "Mới")]


async def test_a_sheet_that_is_no_table_is_left_out_where_somebody_says_so(house: House) -> None:
    content = book({"A": [ROOMS, ["R8", "Phòng 8", "A"]], "B": [["Ghi nhớ"]]})
    plan = await house.imports.preview(SYSTEM, "a.xlsx", content)
    assert [(problem.sheet, problem.code) for problem in plan.problems] == [("B", "header_missing")]
    done = await _revised(house, plan, headings={"1": 0})
    assert (done.problems, _codes(done)) == ((), [("R8", "Phòng 8")])
    assert [one.name for one in done.first_rows] == ["A", "B"], "it is still shown"


async def test_places_that_are_none_are_left_alone(house: House) -> None:
    """A superscript two is a digit, and no number."""
    wanted = ReadingChoices(columns={"².0": "code", "0.²": "code", "x": ""}, headings={"²": 1, "x": 1})
    plan = await house.imports.preview(SYSTEM, "a.xlsx", one([ROOMS, ["R8", "Phòng 8", "A"]]), choices=wanted)
    assert _codes(plan) == [("R8", "Phòng 8")]


@pytest.mark.parametrize("row", [99, -99])
async def test_a_row_that_is_not_there_finds_nothing(house: House, row: int) -> None:
    wanted = ReadingChoices(headings={"0": row})
    plan = await house.imports.preview(SYSTEM, "a.xlsx", one([HEAD, ROW]), choices=wanted)
    assert [problem.code for problem in plan.problems] == ["header_missing"]


async def test_a_field_that_is_none_is_refused(house: House) -> None:
    plan = await house.imports.preview(SYSTEM, "a.xlsx", one([HEAD, ROW]))
    with pytest.raises(ChoiceImpossible):
        await _revised(house, plan, headings={"0": 1}, columns={"0.0": "badge"})
