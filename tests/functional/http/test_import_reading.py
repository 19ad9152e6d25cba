"""Previews of files whose headings are not found, and pages of questions, as a browser sends their forms."""

from __future__ import annotations

import html
import re

import pytest
from aiohttp import FormData

from tests.functional.hub_tree.test_hidden import ROOMS
from tests.plugins.website import Province, Reader
from tests.unit.rosters.ugly_office import UGLY
from tests.unit.sheets.test_hidden import PEOPLE


async def _sent(admin: Reader, path: str, text: str) -> str:
    await admin.get(path)
    data = FormData()
    data.add_field("csrf_token", admin.token)
    data.add_field("file", text.encode(), filename="a.csv")
    return (await admin.post(path, data)).text


def _draft(text: str) -> str:
    found = re.search(r'name="draft" value="([^"]+)"', text)
    assert found is not None, text
    return found[1]


@pytest.mark.parametrize(
    ("path", "text", "columns"),
    [
        ("/import", "PHỤ LỤC;\nKý hiệu;Nơi họp;Thuộc\nR.9;Phòng chín;H44.01\n", ("code", "name", "unit")),
        ("/people/import", "PHỤ LỤC;\nÔng/bà;Thuộc\nTrần Chín;H44.01\n", ("name", "unit")),
    ],
)
async def test_a_heading_that_is_not_found_is_asked_for_and_then_the_columns(
    admin: Reader, province: Province, path: str, text: str, columns: tuple[str, ...]
) -> None:
    asked = await _sent(admin, path, text)
    assert "Where is the heading of a.csv?" in asked
    assert 'name="heading 0" value="2"' in asked
    form = {"draft": _draft(asked), "heading 0": "2"}
    shown = await admin.post(f"{path}/revise", form)
    assert "is missing." in shown.text
    assert (
        'name="heading 0" value="2" aria-label="Row 2 is the heading" title="Row 2 is the heading" checked'
        in (shown.text)
    )
    form = {"draft": _draft(shown.text), "heading 0": "2"}
    form |= {f"column 0.{at}": field for at, field in enumerate(columns)}
    done = await admin.post(f"{path}/revise", form)
    token = re.search(r'name="token" value="([^"]+)"', done.text)
    assert token is not None, done.text
    assert (await admin.post(f"{path}/apply", {"token": token[1]})).status == 303
    assert "Read as your office said for an earlier file" in await _sent(admin, path, text)
    wrong = await admin.post(f"{path}/revise", {"draft": form["draft"], "heading 0": "two"})
    assert wrong.status == 422


async def test_changes_are_told_by_the_words_of_the_heading_and_a_tier_is_one(
    admin: Reader, province: Province
) -> None:
    rows = (
        "Loại,Mã,Tên,Thứ bậc,Đơn vị,Điện thoại",
        "cấp,hamlet,Thôn,9,,",
        "điểm cầu,H44.01.01,P,,H44.01,091234",
    )
    text = await _sent(admin, "/import", "\n".join(rows))
    assert re.search("<b>Operator(&#39;|')s phone</b>", text), re.findall("<b>[^<]*</b>", text)
    assert "<b>operator_phone</b>" not in text
    assert re.search(r'data-label="What">Tier<', text)


async def test_every_question_has_its_page_and_turning_it_keeps_the_answers(
    admin: Reader, province: Province
) -> None:
    rows = "".join(f"Lê Văn Hùng {number};H44.01\n" * 2 for number in range(230))
    text = await _sent(admin, "/people/import", f"Họ và tên;Đơn vị\n{rows}")
    assert "Page 1 of 2, 230 questions in all." in text
    first = re.findall(r'name="(answer 0\.\d+)"', text)[0]
    turned = await admin.post(
        "/people/import/revise", {"draft": _draft(text), first: "new", "page": "2", "twins": "ask"}
    )
    assert "Page 2 of 2" in turned.text
    assert first not in turned.text
    back = await admin.post("/people/import/revise", {"draft": _draft(turned.text), "page": "1"})
    assert f'name="{first}" value="new" checked' in back.text
    over = await admin.post("/people/import/revise", {"draft": _draft(back.text), "page": "99"})
    assert "Page 2 of 2" in over.text


@pytest.mark.parametrize(
    ("path", "content", "answer"),
    [("/people/import", PEOPLE, "answer hidden"), ("/import", ROOMS, "hidden")],
)
async def test_what_is_hidden_is_told_and_asked_on_the_page(
    admin: Reader, province: Province, path: str, content: bytes, answer: str
) -> None:
    await admin.get(path)
    form = FormData({"csrf_token": admin.token})
    form.add_field("file", content, filename="a.xlsx")
    asked = html.unescape((await admin.post(path, form)).text)
    assert "On the sheet Danh sách 2 rows are hidden, or not shown by a filter: 3–4." in asked
    assert "On the sheet Danh sách 1 columns are hidden: D." in asked
    assert "The sheet Ẩn is hidden" in asked
    assert 'name="token"' not in asked
    seen = await admin.post(f"{path}/revise", {"draft": _draft(asked), answer: "skip"})
    assert f'name="{answer}" value="skip" checked' in seen.text


@pytest.mark.parametrize(
    ("path", "file", "said"),
    [
        ("/people/import", "ugly: somebody above the heading.xlsx", "Nguyễn Văn Trên · U1 · 0912345678"),
        ("/people/import", "ugly: a second table with other columns.xlsx", "1 · Trần Đức · Bí thư · U2"),
        ("/people/import", "ugly: several people in a cell.xlsx", "Nguyễn Văn An ; Trần Đức"),
        ("/import", "ugly: rooms in groups under a wide heading.xlsx", "II · Khối xã"),
    ],
)
async def test_the_page_shows_what_is_not_taken(
    admin: Reader, province: Province, path: str, file: str, said: str
) -> None:
    await admin.get(path)
    form = FormData({"csrf_token": admin.token})
    form.add_field("file", next(one.content for one in UGLY if one.name == file), filename="a.xlsx")
    assert said in html.unescape((await admin.post(path, form)).text)
