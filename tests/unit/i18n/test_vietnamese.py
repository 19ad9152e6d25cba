"""Vietnamese text sorts as in a dictionary and is found without diacritics."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confhub.i18n.collation import person_sort_key, sort_key
from confhub.i18n.folding import fold, like_pattern


@pytest.mark.parametrize(
    "ordered",
    [
        ["An", "Àn", "Ản", "Ãn", "Án", "Ạn"],
        ["a", "ă", "â", "b", "c", "d", "đ", "e", "ê", "g", "o", "ô", "ơ", "p", "u", "ư", "v", "y"],
        ["An Bình", "An Cư", "Án An", "Anh"],
        ["Xã 2", "Xã 10", "Xã A"],
        ["Da", "Đa", "Em"],
        ["Huyện Cẩm Khê", "Huyện Đoan Hùng", "Huyện Hạ Hoà", "Huyện Lâm Thao", "Thành phố Việt Trì"],
    ],
)
def test_names_stand_in_dictionary_order(ordered: list[str]) -> None:
    backwards = ordered[::-1]
    assert sorted(backwards, key=sort_key) == ordered


def test_the_place_of_the_tone_mark_and_the_encoding_do_not_count() -> None:
    assert sort_key("Hoà") == sort_key("Hòa") == sort_key(unicodedata.normalize("NFD", "hòa"))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Hoà", "hoa"), ("Hòa", "hoa"), ("ĐOAN  Hùng ", "doan hung"), ("Thuỷ", "thuy"),
        ("ư ơ ă ê", "u o a e"),
    ],
)  # fmt: skip
def test_search_knows_no_diacritics(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_wildcards_in_a_search_are_plain_characters() -> None:
    assert like_pattern("50%_\\") == "%50\\%\\_\\\\%"


@given(st.text(max_size=60))
def test_any_text_gives_a_printable_ascii_key(text: str) -> None:
    key = sort_key(text)
    assert key.isascii()
    assert key.isprintable()
    assert fold(fold(text)) == fold(text)


def test_people_stand_by_their_given_names() -> None:
    ordered = ["Nguyễn Văn An", "Đỗ Thị Ánh", "Ân", "Lê Bình", "Lý Thị Bình", "Trần Hữu Đức"]
    backwards = ordered[::-1]
    assert sorted(backwards, key=person_sort_key) == ordered
