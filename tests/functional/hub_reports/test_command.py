"""`confhub report SESSION --people` in each of its forms."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from confhub.access.rules import SYSTEM
from confhub.cli.report_people import people_content
from confhub.i18n.catalogue import Catalogue
from confhub.kernel.ids import SessionId
from confhub.sessions.errors import SessionUnknown
from confhub.settings import Settings
from tests.plugins.reports import Session


async def made(session: Session, tmp_path: Path, form: str, language: str = "en", number: int = 1) -> bytes:
    settings = Settings(data_dir=tmp_path, database_url="")
    actor = replace(SYSTEM, language=language)
    database = session.house.database
    return await people_content(database, settings, actor, SessionId(number), form, Catalogue.load())


async def test_the_table_has_tiers_and_branches(session: Session, tmp_path: Path) -> None:
    text = (await made(session, tmp_path, "table")).decode()
    assert "Học tập Nghị quyết – đợt 1 · Tỉnh Phú Thọ" in text
    assert "Province" in text
    assert "Huyện Hạ Hoà" in text


async def test_files_are_what_their_names_say(session: Session, tmp_path: Path) -> None:
    assert (await made(session, tmp_path, "csv", "vi")).startswith(b"\xef\xbb\xbfSTT;")
    assert json.loads(await made(session, tmp_path, "json"))["totals"]["expected"] == 9
    book = CalamineWorkbook.from_filelike(io.BytesIO(await made(session, tmp_path, "xlsx")))
    assert book.sheet_names[0] == "Overview"
    pdf = PdfReader(io.BytesIO(await made(session, tmp_path, "pdf")))
    assert "REPORT" in pdf.pages[0].extract_text()


@pytest.mark.parametrize("form", ["table", "csv", "json", "xlsx", "pdf"])
async def test_an_unknown_session_is_said_in_every_form(session: Session, tmp_path: Path, form: str) -> None:
    with pytest.raises(SessionUnknown):
        await made(session, tmp_path, form, number=77)
