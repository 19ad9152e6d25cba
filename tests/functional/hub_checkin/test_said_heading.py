"""An attendance list whose column names are not found: somebody says where they are."""

from __future__ import annotations

import pytest
from aiohttp import FormData

from confhub.checkin.errors import ColumnMissing
from confhub.checkin.filetable import FileReceipt
from confhub.checkin.models import PersonEvent
from confhub.kernel.ids import SessionId
from confhub.registry.errors import ChoiceImpossible
from confhub.sheets.choices import ReadingChoices
from tests.functional.hub_checkin.test_old_letters import PROVINCE
from tests.functional.hub_checkin.test_plan_page import HERE, officer
from tests.plugins.checkin import Hall
from tests.plugins.website import Reader
from tests.unit.rosters.office import one

__all__ = ["officer"]

HEAD = ["Ông/bà", "Mấy giờ tới"]
LIST = one([["PHỤ LỤC"], [], HEAD, ["Lê Hoà", "08:05"]])
SAID = ReadingChoices(columns={"0.0": "name", "0.1": "came"}, headings={"0": 3})


def _wrong(receipt: FileReceipt) -> list[tuple[int, str, object]]:
    told = [(line.row, line.error) for line in receipt.lines]
    return [(row, error.code, error.params.get("value")) for row, error in told if error is not None]


async def test_the_heading_is_said_and_remembered_once_the_list_is_taken(hall: Hall) -> None:
    hall.house.move_to(1800)
    take = hall.services.checkin.from_file
    checked = await take(PROVINCE, SessionId(1), "a.xlsx", LIST)
    assert _wrong(checked) == [(0, "sheet_without_list", "Danh sách")]
    assert [number for number, _ in checked.first_rows[0].rows] == [1, 3, 4]
    with pytest.raises(ColumnMissing):
        await take(PROVINCE, SessionId(1), "a.xlsx", LIST, dry=False)
    half = await take(PROVINCE, SessionId(1), "a.xlsx", LIST, choices=ReadingChoices(headings={"0": 3}))
    assert _wrong(half) == [(0, "column_missing", "Họ và tên (name)")]
    only = ReadingChoices(columns={"0.0": "name"}, headings={"0": 3})
    hours = await take(PROVINCE, SessionId(1), "a.xlsx", LIST, choices=only)
    assert _wrong(hours) == [(0, "column_missing", "Giờ vào (in)")]
    done = await take(PROVINCE, SessionId(1), "a.xlsx", LIST, dry=False, choices=SAID)
    assert (done.stored, await hall.count(PersonEvent)) == (1, 1)
    again = await take(PROVINCE, SessionId(1), "b.xlsx", one([HEAD, ["Lê Hoà", "08:05"]]))
    assert (again.doubled, again.read[0].remembered) == (1, True)
    with pytest.raises(ChoiceImpossible):
        await take(PROVINCE, SessionId(1), "a.xlsx", LIST, choices=ReadingChoices(columns={"0.0": "phone"}))


async def test_a_cell_at_fault_is_named_by_its_column(hall: Hall) -> None:
    hall.house.move_to(1800)
    wrong = one([["Họ và tên", "Giờ đến", "Giờ về", "Phòng"], ["Lê Hoà", "8:05", "trưa", ""],
                 ["Lê Hoà", "", "", ""], ["Ai Đó", "8:05", "", ""],
                 ["Lê Hoà", "8:05", "", "R99"]])  # fmt: skip
    read = await hall.services.checkin.from_file(PROVINCE, SessionId(1), "a.xlsx", wrong)
    told = [(line.row, line.column) for line in read.lines]
    assert told == [(2, "Giờ về"), (3, "Giờ đến"), (4, "Họ và tên"), (5, "Phòng")]


def form(officer: Reader, **said: str) -> FormData:
    sent = FormData(quote_fields=False)  # as browsers write names
    sent.add_field("csrf_token", officer.token)
    sent.add_field("file", LIST, filename="diem-danh.xlsx")
    for name, value in said.items():
        sent.add_field(name, value)
    return sent


async def test_the_page_asks_where_the_heading_is_and_what_the_columns_hold(
    officer: Reader, hall: Hall
) -> None:
    hall.house.move_to(1800)
    asked = await officer.post(f"{HERE}/file", form(officer))
    assert 'name="heading 0" value="3"' in asked.text
    assert 'name="heading 0" value="-3"' in asked.text
    shown = await officer.post(f"{HERE}/file", form(officer, **{"heading 0": "3"}))
    assert 'name="column 0.1"' in shown.text
    assert "The column Họ và tên (name) is missing." in shown.text
    wrong = await officer.post(f"{HERE}/file", form(officer, **{"heading 0": "x"}))
    assert wrong.status == 422
    lost = {"heading 0": "9", "column 0.1": "came", "take": "1"}
    refused = await officer.post(f"{HERE}/file", form(officer, **lost))
    assert '<input type="hidden" name="column 0.1" value="came">' in refused.text, "nothing said is lost"
    whole = {"heading 0": "3", "column 0.0": "name", "column 0.1": "came", "take": "1"}
    done = await officer.post(f"{HERE}/file", form(officer, **whole))
    assert "Done: 1 row stored" in done.text
