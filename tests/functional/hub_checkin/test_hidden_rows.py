"""What an attendance list hides is asked about before an hour of it is taken."""

from __future__ import annotations

import html

import pytest

from confhub.checkin.models import PersonEvent
from confhub.kernel.ids import SessionId
from confhub.sheets.choices import ReadingChoices
from confhub.sheets.errors import HiddenOpen
from tests.functional.hub_checkin.test_old_letters import PROVINCE, form
from tests.functional.hub_checkin.test_plan_page import HERE, officer
from tests.plugins.checkin import Hall
from tests.plugins.website import Reader
from tests.unit.sheets.test_hidden import hiding

__all__ = ["officer"]

HEAD = ["Họ và tên", "Giờ vào", "Giờ ra", "Điểm cầu"]
LIST = hiding(HEAD, [["Lê Hoà", "08:05", "", ""], ["Ai Đó", "08:05", "", ""]], [["Ghi chú nội bộ"]])


async def test_the_service_takes_nothing_before_it_is_said(hall: Hall) -> None:
    hall.house.move_to(1800)
    take = hall.services.checkin.from_file
    checked = await take(PROVINCE, SessionId(1), "a.xlsx", LIST)
    assert [(part.kind, part.places) for part in checked.hidden] == [
        ("rows", "3"), ("columns", "D"), ("sheet", ""),
    ]  # fmt: skip
    with pytest.raises(HiddenOpen):
        await take(PROVINCE, SessionId(1), "a.xlsx", LIST, dry=False)
    whole = await take(PROVINCE, SessionId(1), "a.xlsx", LIST, choices=ReadingChoices(hidden="take"))
    assert (whole.stored, whole.refused) == (1, 2), "the hidden row, and the hidden sheet without a list"
    seen = ReadingChoices(hidden="skip")
    done = await take(PROVINCE, SessionId(1), "a.xlsx", LIST, dry=False, choices=seen)
    assert (done.stored, done.refused, await hall.count(PersonEvent)) == (1, 0, 1)


async def test_the_page_tells_it_and_asks(officer: Reader, hall: Hall) -> None:
    hall.house.move_to(1800)
    refused = await officer.post(f"{HERE}/file", form(officer, LIST, take="1"))
    assert refused.status == 422
    assert 'name="hidden"' in refused.text
    checked = html.unescape((await officer.post(f"{HERE}/file", form(officer, LIST))).text)
    assert "On the sheet Danh sách 1 rows are hidden, or not shown by a filter: 3." in checked
    assert "Ai Đó · 08:05" in checked
    assert "The sheet Ẩn is hidden" in checked
    done = await officer.post(f"{HERE}/file", form(officer, LIST, take="1", hidden="skip"))
    assert "Done: 1 row stored" in done.text
    assert await hall.count(PersonEvent) == 1
