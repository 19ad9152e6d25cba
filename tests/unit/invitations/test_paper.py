"""Printed invitations: the decree's parts, dots for what is not known, and a list over many sheets."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from pypdf import PdfReader

from confhub.i18n.catalogue import Catalogue
from confhub.i18n.formats import Formats
from confhub.invitations.paper_pdf import Paper, Recipient, draw
from confhub.invitations.papers import Words

ZONE = "Asia/Ho_Chi_Minh"


def paper(rooms: int, language: str = "vi", chair: str = "") -> Paper:
    words = Words(Catalogue.load().into(language), Formats(language, ZONE))
    agency = "Ủy ban nhân dân tỉnh Phú Thọ"
    recipients = tuple(
        Recipient(f"Xã số {n}", f"Phòng họp số {n}", f"H44.{n}", f"Huyện số {n // 20}") for n in range(rooms)
    )
    parts = (("Tới dự", "Hội nghị toàn tỉnh"), ("Chủ trì", chair))
    return Paper(
        agency, "", "", "UBND", "Phú Thọ", "", "TM. Ủy ban nhân dân\nChủ tịch", "Bùi Văn Quang", parts,
        recipients, ("Thường trực Tỉnh ủy;",), words.fixed(agency, rooms),
    )  # fmt: skip


def text_of(one: Paper) -> tuple[PdfReader, str]:
    reader = PdfReader(io.BytesIO(draw(one)))
    return reader, " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_a_letter_to_few_names_them_in_the_decree_s_order() -> None:
    reader, text = text_of(paper(3))
    assert len(reader.pages) == 1
    wanted = [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "/GM-UBND", "GIẤY MỜI",
        "trân trọng kính mời:", "- Xã số 0 (Phòng họp số 0);", "- Xã số 2 (Phòng họp số 2);", "Tới dự:",
        "Hội nghị toàn tỉnh", "Chủ trì: ……………", "Nơi nhận:", "Như trên;", "Thường trực Tỉnh ủy;", "Lưu: VT.",
    ]  # fmt: skip
    places = [text.find(one) for one in wanted]
    assert -1 not in places, [one for one, place in zip(wanted, places, strict=True) if place < 0]
    assert places[3:] == sorted(places[3:])
    assert "BÙI" not in text
    assert "Bùi Văn Quang" in text


def test_302_rooms_stand_in_an_appendix_once_each_under_their_branch() -> None:
    reader, text = text_of(replace(paper(302), number="15", day="2026-03-25"))
    assert len(reader.pages) > 5
    assert "Số: 15/GM-UBND" in text
    assert "302 điểm cầu theo danh sách kèm theo." in text
    assert "(Kèm theo Giấy mời số 15/GM-UBND ngày 25 tháng 3 năm 2026 của Ủy ban nhân dân tỉnh" in text
    assert all(text.count(f"H44.{n} ") == 1 for n in range(302))
    assert all(text.count(f"Huyện số {n} ") == 1 for n in range(16))
    assert all("STT" in page.extract_text() for page in reader.pages[1:]), "the heading comes again"
    assert "Danh sách có 302 điểm cầu." in text


def test_the_letter_in_english_keeps_nation_and_motto() -> None:
    _, text = text_of(paper(3, "en"))
    assert "LETTER OF INVITATION" in text
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in text


@pytest.mark.parametrize("name", ["N" * 500, "Tên rất dài " * 40, "‮đảo", "🎉 Ban"])
def test_no_name_keeps_a_letter_from_being_drawn(name: str) -> None:
    few, many = paper(2), paper(20)
    for one in (few, many):
        drawn = draw(replace(one, recipients=(replace(one.recipients[0], unit=name), *one.recipients[1:])))
        assert drawn.startswith(b"%PDF")
