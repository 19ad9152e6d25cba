"""Files of other programs at every door that takes a table: named, with the way to XLSX, in both tongues."""

from __future__ import annotations

import html

import pytest
from aiohttp import FormData

from tests.plugins.website import Province, Reader
from tests.unit.sheets.test_kinds import DOCX, ODS, PDF, PNG, PROTECTED, XLS

EN, VI = "Excel Workbook (*.xlsx)", "Lưu dưới dạng (Save As) > Excel Workbook (*.xlsx)"

KINDS = [
    (XLS, "This is a file of the old Excel format (XLS).", EN, "Đây là tệp Excel định dạng cũ (XLS).", VI),
    (ODS, "format ODS", EN, "tệp dạng ODS", VI),
    (PROTECTED, "protected by a password", "Encrypt with", "bảo vệ bằng mật khẩu", "Mã hóa bằng mật khẩu"),
    (DOCX, "format Word (DOCX)", EN, "tệp dạng Word (DOCX)", VI),
    (PDF, "format PDF", EN, "tệp dạng PDF", VI),
    (PNG, "format PNG", EN, "tệp dạng PNG", VI),
]  # fmt: skip


@pytest.mark.parametrize("page", ["/people/import", "/import"])
@pytest.mark.parametrize("words", KINDS, ids=["xls", "ods", "protected", "docx", "pdf", "png"])
async def test_a_page_names_the_kind_and_says_what_to_do(
    admin: Reader, province: Province, page: str, words: tuple[bytes, str, str, str, str]
) -> None:
    content, kind, remedy, kind_vi, remedy_vi = words
    for language, said in (("en", (kind, remedy)), ("vi", (kind_vi, remedy_vi))):
        admin.client.session.cookie_jar.update_cookies({"confhub_language": language})
        await admin.get(page)
        form = FormData({"csrf_token": admin.token})
        form.add_field("file", content, filename="danh-sach.xlsx")
        answer = await admin.post(page, form)
        assert answer.status == 422
        text = html.unescape(answer.text)
        assert all(part in text for part in said), text


async def test_the_api_names_the_kind(admin: Reader, province: Province) -> None:
    for content, kind, remedy, _, _ in KINDS:
        sent = await admin.client.post(
            "/api/v1/people/import?filename=a.csv", data=content, headers={"X-CSRF-Token": admin.token}
        )
        (problem,) = (await sent.json())["problems"]
        assert kind in problem["message"].format(**problem["params"])
        assert remedy in problem["remedy"]
