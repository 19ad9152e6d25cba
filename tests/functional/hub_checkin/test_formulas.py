"""Formulas of an attendance list: the last value is told, one without a value is refused by its column."""

from __future__ import annotations

from confhub.kernel.ids import SessionId
from tests.functional.hub_checkin.test_old_letters import PROVINCE, form
from tests.functional.hub_checkin.test_plan_page import HERE, officer
from tests.plugins.checkin import Hall
from tests.plugins.website import Reader
from tests.unit.rosters.office import one

__all__ = ["officer"]

LIST = one(
    [["Họ và tên", "Giờ vào", "Giờ ra"], ["Lê Hoà", ("=TIME(8,5,0)", "08:05"), ""],
     ["Đỗ Mạnh", "08:05", ("=B3+TIME(1,0,0)", "")]]
)  # fmt: skip


async def test_a_formula_without_its_value_is_no_empty_cell(hall: Hall) -> None:
    hall.house.move_to(1800)
    told = await hall.services.checkin.from_file(PROVINCE, SessionId(1), "a.xlsx", LIST)
    wrong = [(line.row, line.column, line.error.code) for line in told.lines if line.error is not None]
    assert (told.stored, told.computed, wrong) == (1, 1, [(3, "Giờ ra", "cell_formula")])


async def test_the_page_says_how_many_cells_are_formulas(officer: Reader, hall: Hall) -> None:
    hall.house.move_to(1800)
    page = await officer.post(f"{HERE}/file", form(officer, LIST))
    assert "1 cell holds the last value of a formula." in page.text
