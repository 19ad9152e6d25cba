"""An attendance list in an old font: shown as it would be read, taken only once somebody has chosen."""

from __future__ import annotations

import html

import pytest
from aiohttp import FormData

from confhub.checkin.models import PersonEvent
from confhub.kernel.ids import SessionId
from confhub.sheets.choices import ReadingChoices
from confhub.sheets.errors import LettersOpen
from tests.functional.hub_checkin.test_plan_page import HERE, officer
from tests.plugins.attendance import officer as officer_of
from tests.plugins.checkin import Hall
from tests.plugins.website import Reader
from tests.unit.rosters.office import one
from tests.unit.sheets.test_kinds import DOCX, ODS, PNG, PROTECTED, XLS

__all__ = ["officer"]

TCVN3 = one([["Hä vµ tªn", "§¬n vÞ", "Giê vµo"], ["Lª Hoµ", "X· Êm H¹", "08:05"]])
VNI = one([["Hoï vaø teân", "Ñôn vò", "Giôø vaøo"], ["Leâ Hoøa", "Xaõ AÁm Haï", "08:05"]])
PROVINCE = officer_of("/1/", 1)


def form(officer: Reader, content: bytes, **more: str) -> FormData:
    sent = FormData()
    sent.add_field("csrf_token", officer.token)
    sent.add_field("file", content, filename="diem-danh.xlsx")
    for name, value in more.items():
        sent.add_field(name, value)
    return sent


@pytest.mark.parametrize(("content", "old"), [(TCVN3, "tcvn3"), (VNI, "vni")], ids=["tcvn3", "vni"])
async def test_letters_are_told_and_nothing_is_stored_without_a_choice(
    hall: Hall, content: bytes, old: str
) -> None:
    hall.house.move_to(1800)
    take = hall.services.checkin.from_file
    checked = await take(PROVINCE, SessionId(1), "a.xlsx", content)
    assert checked.letters is not None
    assert (checked.letters.old, checked.stored, checked.refused) == (old, 1, 0)
    assert {read.casefold() for _, read in checked.letters.samples} >= {"xã ấm hạ", "giờ vào"}
    with pytest.raises(LettersOpen):
        await take(PROVINCE, SessionId(1), "a.xlsx", content, dry=False)
    assert await hall.count(PersonEvent) == 0
    done = await take(PROVINCE, SessionId(1), "a.xlsx", content, dry=False, choices=ReadingChoices("convert"))
    assert (done.stored, await hall.count(PersonEvent)) == (1, 1)


async def test_refused_letters_stay_as_they_stand_in_the_file(hall: Hall) -> None:
    hall.house.move_to(1800)
    mixed = one(
        [["Họ và tên", "Đơn vị", "Giờ vào"], ["Lª Hoµ", "X· Êm H¹", "08:05"], ["Lê Hoà", "", "08:05"]]
    )
    kept = await hall.services.checkin.from_file(
        PROVINCE, SessionId(1), "a.xlsx", mixed, choices=ReadingChoices("keep")
    )
    assert kept.letters is not None
    assert [(line.row, line.name, line.error is None) for line in kept.lines] == [
        (2, "Lª Hoµ", False),
        (3, "Lê Hoà", True),
    ]


async def test_a_list_in_unicode_is_asked_nothing(hall: Hall) -> None:
    hall.house.move_to(1800)
    plain = one([["Họ và tên", "Giờ vào"], ["Lê Hoà", "08:05"]])
    done = await hall.services.checkin.from_file(PROVINCE, SessionId(1), "a.xlsx", plain, dry=False)
    assert (done.letters, done.stored) == (None, 1)


async def test_the_page_shows_the_letters_and_asks_for_the_choice(officer: Reader, hall: Hall) -> None:
    hall.house.move_to(1800)
    assert 'name="letters"' not in (await officer.get(HERE)).text
    checked = await officer.post(f"{HERE}/file", form(officer, TCVN3))
    assert "Lª Hoµ → <strong>Lê Hoà</strong>" in checked.text
    assert "are in the old font TCVN3 (ABC)" in checked.text
    refused = await officer.post(f"{HERE}/file", form(officer, TCVN3, take="1"))
    assert (refused.status, "The texts of this file are in the old font TCVN3 (ABC)." in refused.text) == (
        422,
        True,
    )
    for page in (checked, refused):
        assert 'name="letters"' in page.text
    taken = await officer.post(f"{HERE}/file", form(officer, TCVN3, take="1", letters="convert"))
    assert "Done: 1 row stored" in taken.text
    assert await hall.count(PersonEvent) == 1


async def test_a_list_of_another_program_is_named_with_the_way_to_xlsx(officer: Reader, hall: Hall) -> None:
    hall.house.move_to(1800)
    for content, kind in ((XLS, "XLS"), (ODS, "ODS"), (PROTECTED, "password"), (DOCX, "DOCX"), (PNG, "PNG")):
        for more in ({}, {"take": "1"}):
            refused = await officer.post(f"{HERE}/file", form(officer, content, **more))
            assert refused.status == 422
            text = html.unescape(refused.text)
            assert kind in text
            assert "save it as XLSX" in text or "Save As > Excel Workbook (*.xlsx)" in text
    assert await hall.count(PersonEvent) == 0
