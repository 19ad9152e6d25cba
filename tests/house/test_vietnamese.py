"""The Vietnamese of the catalogues and of the room's program: one spelling, one way of address."""

from __future__ import annotations

import re

from confhub.i18n.catalogue import Catalogue
from confhub.simulator.words import WORDS as SIMULATOR_WORDS
from endpoints.words import WORDS

_WRONG = {
    r"\bbạn\b|anh/chị|ông/bà": "readers are addressed as quý vị, or not at all",
    r"\bmic(ro)?\b": "micrô",
    r"trễ khứ hồi": "độ trễ hai chiều",
    r"hủy bỏ": "a dialog's way out is Không or Quay lại: hủy calls something off",
    r"(oá|oà|oả|oã|oạ)\b|\b(h|t|kh|th|l)(uỷ|uỳ)\b": "the mark stands on the first vowel: hóa, hủy, tùy",
    r"báo vắng": "đơn xin vắng",
    r"giờ nghỉ": "giờ giải lao",
    r"cán bộ trực": "cán bộ phụ trách",
}


def test_one_spelling_and_one_way_of_address_hold_everywhere() -> None:
    said = [
        *Catalogue.load().sentences("vi").values(),
        *(vietnamese for vietnamese, _ in (*WORDS.values(), *SIMULATOR_WORDS.values())),
    ]
    assert len(said) > 1000
    found = {
        sentence: right
        for sentence in said
        for wrong, right in _WRONG.items()
        if re.search(wrong, sentence, re.IGNORECASE)
    }
    assert found == {}


def test_the_way_out_of_a_dialog_is_not_the_verb_that_calls_a_session_off() -> None:
    vietnamese = Catalogue.load().sentences("vi")
    assert "Hủy" in vietnamese["Cancel the session"]
    assert [vietnamese[word] for word in ("No", "Back", "Cancel")] == ["Không", "Quay lại", "Quay lại"]


def test_a_role_is_named_as_a_person_and_a_unit_as_a_unit() -> None:
    vietnamese = Catalogue.load().sentences("vi")
    assert (vietnamese["Organizer"], vietnamese["Organizing unit"]) == ("Người tổ chức", "Đơn vị tổ chức")


def test_a_paper_and_a_key_s_certificate_are_two_words() -> None:
    vietnamese = Catalogue.load().sentences("vi")
    assert (vietnamese["Certificate"], vietnamese["TLS certificate"]) == ("Giấy chứng nhận", "Chứng thư TLS")
