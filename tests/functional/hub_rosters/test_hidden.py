"""What an office's workbook hides is asked about before a person of it is taken."""

from __future__ import annotations

import pytest

from confhub.access.rules import SYSTEM
from confhub.rosters.errors import QuestionsOpen
from confhub.rosters.importing import PeopleImportService
from confhub.rosters.plan import ImportChoices, PeoplePlan
from tests.functional.hub_rosters.test_importing import count, imports
from tests.plugins.attendance import House, house
from tests.unit.rosters.office import one
from tests.unit.sheets.test_hidden import PEOPLE

__all__ = ["house", "imports"]


def _names(plan: PeoplePlan) -> list[tuple[str, str | None]]:
    return [(line.name, line.code) for line in plan.lines["added"]]


async def test_nothing_hidden_is_taken_or_left_out_before_somebody_has_said_so(
    imports: PeopleImportService, house: House
) -> None:
    before = await count(house)
    asked = await imports.preview(SYSTEM, "a.xlsx", PEOPLE)
    assert [(part.kind, part.count, part.places) for part in asked.hidden] == [
        ("rows", 2, "3–4"), ("columns", 1, "D"), ("sheet", 2, ""),
    ]  # fmt: skip
    assert [(one.key, one.options) for one in asked.questions if one.kind == "hidden"] == [
        ("hidden", ("take", "skip"))
    ]
    assert (asked.ok, asked.token) == (True, "")
    with pytest.raises(QuestionsOpen):
        await imports.apply(SYSTEM, asked.draft)
    all_of_it = await imports.revise(SYSTEM, asked.draft, ImportChoices(answers={"hidden": "take"}))
    assert _names(all_of_it) == [
        ("Nguyễn Văn An", "CB1"), ("Lê Hoà", "CB2"), ("Trần Đức", None), ("Vũ Ẩn", None),
    ]  # fmt: skip
    seen = await imports.revise(SYSTEM, all_of_it.draft, ImportChoices(answers={"hidden": "skip"}))
    assert _names(seen) == [("Nguyễn Văn An", None)]
    assert len(seen.hidden) == 3, "what was left out stays told"
    await imports.apply(SYSTEM, seen.token)
    assert await count(house) == before + 1


async def test_a_workbook_that_hides_nothing_is_not_asked_about(imports: PeopleImportService) -> None:
    plan = await imports.preview(SYSTEM, "a.xlsx", one([["Họ và tên", "Đơn vị"], ["An", "U4"]]))
    assert (plan.hidden, plan.questions, bool(plan.token)) == ((), (), True)
