"""Whether a text names a person, however it was typed."""

from __future__ import annotations

import pytest

from confhub.people.mentions import called, names

GIAO = called(["Hoàng Thị Quỳnh Giao", ""], ["CB-17", None], ["0987654321", None], ["giao@phutho.example.vn"])


@pytest.mark.parametrize(
    "text",
    [
        "Bà Hoàng Thị Quỳnh Giao quên quét mã",
        "HOÀNG THỊ QUỲNH GIAO",
        "hoang thi quynh giao, phòng 3",
        "gọi +84 987.654.321",
        "thư của Giao@PhuTho.example.vn",
    ],
)
def test_a_whole_name_a_number_or_an_address_names_anywhere(text: str) -> None:
    assert names(text, GIAO, by_a_word=False)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("bà Giao quên", True),
        ("bà Quỳnh", True),
        ("mã CB-17", True),
        ("thị trấn Hạ Hoà", False),
        ("giaonhận", False),
        ("Sót ba người", False),
        ("", False),
    ],
)
def test_a_word_names_where_the_person_is_known(text: str, named: bool) -> None:
    assert names(text, GIAO, by_a_word=True) is named
    assert not names(text, GIAO, by_a_word=False)


def test_who_is_called_by_a_middle_word_alone_is_named_by_it() -> None:
    assert names("anh Văn", called(["Trần Văn"], [], [], []), by_a_word=True)
    assert not names("anh Văn", called(["Trần Văn An"], [], [], []), by_a_word=True)


def test_nobody_is_named_by_nothing() -> None:
    erased = called([""], [None], [None, "12"], [None])
    assert not names("Sót 12 người", erased, by_a_word=True)
