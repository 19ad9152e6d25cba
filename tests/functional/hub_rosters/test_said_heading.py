"""A list of people whose column names are not found: somebody says where they are."""

from __future__ import annotations

from dataclasses import replace

from confhub.access.rules import SYSTEM
from confhub.rosters.importing import PeopleImportService
from confhub.rosters.plan import ImportChoices
from tests.functional.hub_rosters.test_importing import imports
from tests.unit.rosters.office import book, one

__all__ = ["imports"]

HEAD = ["Ông/bà", "Thuộc", "Liên lạc"]
SAID = ImportChoices(headings={"0": 3}, columns={"0.0": "name", "0.1": "unit", "0.2": "phone"})


async def test_the_heading_is_said_and_remembered(imports: PeopleImportService) -> None:
    content = one([["PHỤ LỤC"], [], HEAD, ["Nguyễn Văn An", "U4", 912345678]])
    plan = await imports.preview(SYSTEM, "a.xlsx", content)
    assert ([problem.code for problem in plan.problems], plan.token, bool(plan.draft)) == (
        ["header_missing"], "", True,
    )  # fmt: skip
    assert [number for number, _ in plan.first_rows[0].rows] == [1, 3, 4]
    asked = await imports.revise(SYSTEM, plan.draft, replace(SAID, columns={}))
    assert [problem.params["value"] for problem in asked.problems] == ["Họ và tên (name)"]
    done = await imports.revise(SYSTEM, asked.draft, SAID)
    assert (done.problems, done.questions_open) == ((), 0)
    assert [(line.name, line.phone) for line in done.lines["added"]] == [("Nguyễn Văn An", "0912345678")]
    await imports.apply(SYSTEM, done.token)
    again = await imports.preview(SYSTEM, "b.xlsx", one([HEAD, ["Lê Thị Hoa", "U4"]]))
    assert ([line.name for line in again.lines["added"]], again.read[0].remembered) == (["Lê Thị Hoa"], True)


async def test_a_list_without_a_heading_is_read_by_the_columns_that_are_said(
    imports: PeopleImportService,
) -> None:
    content = one([[1, "Nguyễn Văn", "An", "U4"], [2, "Lê Thị", "Hoa", "U4"]])
    plan = await imports.preview(SYSTEM, "a.xlsx", content)
    wanted = ImportChoices(headings={"0": -1}, columns={"0.1": "name", "0.3": "unit"})
    done = await imports.revise(SYSTEM, plan.draft, wanted)
    told = [(line.row, line.name) for line in done.lines["added"]]
    assert told == [(1, "Nguyễn Văn An"), (2, "Lê Thị Hoa")]
    await imports.apply(SYSTEM, done.token)
    other = await imports.preview(SYSTEM, "b.xlsx", one([[1, "Trần", "Đức", "U4"]]))
    assert other.problems
    known = await imports.revise(SYSTEM, other.draft, ImportChoices(headings={"0": -1}))
    assert [line.name for line in known.lines["added"]] == ["Trần Đức"], "its columns are remembered"


async def test_a_sheet_of_notes_is_left_out_by_saying_so(imports: PeopleImportService) -> None:
    content = book({"A": [["Họ và tên", "Đơn vị"], ["An", "U4"]], "B": [["Gửi trước ngày 5"]]})
    plan = await imports.preview(SYSTEM, "a.xlsx", content)
    assert plan.questions_open == 1
    done = await imports.revise(SYSTEM, plan.draft, ImportChoices(headings={"1": 0}))
    assert (done.questions_open, bool(done.token), len(done.first_rows)) == (0, True, 2)
