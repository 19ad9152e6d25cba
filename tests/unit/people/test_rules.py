"""What a person's fields may be, and how badges are read."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest

from confhub.kernel.errors import DomainError, ValidationErrors
from confhub.kernel.ids import UnitId
from confhub.people.rules import badge_text, clean_draft, name_key, new_badge, plain_badge
from confhub.people.values import PersonDraft

TODAY = date(2026, 3, 2)


def refused(**fields: object) -> dict[str | None, str]:
    """Field → code of what is wrong with a draft."""
    draft = PersonDraft(**{"name": "Nguyễn Văn An", "unit_id": UnitId(1), **fields})  # type: ignore[arg-type]
    try:
        clean_draft(draft, TODAY)
    except ValidationErrors as error:
        return {one.field: one.code for one in error.errors}
    except DomainError as error:
        return {error.field: error.code}
    return {}


def test_name_and_unit_are_enough() -> None:
    assert clean_draft(PersonDraft("  Nguyễn   Văn An ", UnitId(3)), TODAY) == PersonDraft(
        "Nguyễn Văn An", UnitId(3)
    )


@pytest.mark.parametrize("name", ["Dung", "Y Bih Alêô", "O'Neil-Trần", "H’Hen Niê"])
def test_names_of_one_word_and_of_every_people_are_allowed(name: str) -> None:
    assert clean_draft(PersonDraft(name, UnitId(1))).name == name


@pytest.mark.parametrize("name", ["=1+1", '=HYPERLINK("http://x")', "@SUM(A1)", "+84", "-2", "\t=1+1"])
def test_what_looks_like_a_formula_stays_the_text_it_is(name: str) -> None:
    assert clean_draft(PersonDraft(name, UnitId(1))).name == name.strip()


@pytest.mark.parametrize(
    "name",
    [
        "Nguyễn \u202eVăn An",  # right-to-left override
        "Nguyễn\u200bVăn An",  # zero-width space
        "Nguyễn\u2066 An",  # isolate
        "\ufeffNguyễn An",  # byte-order mark
        "Nguyễn\u00adAn",  # soft hyphen
        "\u3164",  # Hangul filler
        "An\u034f",  # grapheme joiner
    ],
)
def test_invisible_and_turning_characters_are_refused(name: str) -> None:
    assert refused(name=name) == {"name": "text_unreadable"}
    assert refused(position=name) == {"position": "text_unreadable"}


def test_a_name_of_five_hundred_letters_is_refused_with_the_limit() -> None:
    with pytest.raises(DomainError) as caught:
        clean_draft(PersonDraft("A" * 500, UnitId(1)))
    assert (caught.value.field, caught.value.code) == ("name", "text_too_long")
    assert caught.value.params["limit"] == 200


@pytest.mark.parametrize(
    ("birth_date", "right"),
    [
        (date(1899, 12, 31), False),
        (date(1900, 1, 1), True),
        (TODAY, True),
        (date(2026, 3, 3), False),
        (date(9999, 1, 1), False),
    ],
)
def test_birth_dates_lie_between_1900_and_today(birth_date: date, right: bool) -> None:
    assert refused(birth_date=birth_date) == ({} if right else {"birth_date": "birth_date_invalid"})


@pytest.mark.parametrize(
    "email", ["an", "an@", "@x.vn", "an@x", "an@@x.vn", "a b@x.vn", "a@x.vn\n", "<a@x.vn>"]
)
def test_what_is_no_address_is_refused(email: str) -> None:
    assert refused(email=email.rstrip("\n") + ("," if email.endswith("\n") else "")) == {
        "email": "email_invalid"
    }


def test_every_field_at_fault_is_named_at_once() -> None:
    assert refused(name="", code="mã số", phone="gọi tôi", email="x", birth_date=date(1800, 1, 1)) == {
        "name": "text_missing",
        "code": "code_invalid",
        "phone": "phone_invalid",
        "email": "email_invalid",
        "birth_date": "birth_date_invalid",
    }


def test_a_name_is_compared_by_its_letters_and_tones_not_by_how_they_are_typed() -> None:
    same = ["Đỗ  THỊ Hoà", "đỗ thị hòa", unicodedata.normalize("NFD", "Đỗ Thị Hòa"), "Ðỗ Thị\u00a0Hoà"]
    assert len(set(map(name_key, same))) == 1
    others = ["Đỗ Thị Hoa", "Đỗ Thị Hóa", "Đỗ Thị Hoá", "Do Thi Hoa", "Đỗ Thị Hoả", "Dỗ Thị Hòa"]
    assert len({name_key(name) for name in [*same, *others]}) == 6
    assert name_key("Trần Văn Tuân") != name_key("Trần Văn Tuấn")
    assert name_key("H’Hen Niê") == name_key("H'HEN NIÊ") != name_key("H'Hen Nie")


def test_a_badge_is_read_as_people_type_it() -> None:
    badge = new_badge()
    assert len(badge) == 16
    assert plain_badge(badge) == badge
    assert plain_badge(badge_text(badge).lower()) == badge
    assert plain_badge("OIL0-1234 5678.9abc") == "0110123456789ABC"


@pytest.mark.parametrize("typed", ["", "short", "U" * 16, "A" * 17, "x" * 10_000, "https://x/c/ABCD"])
def test_what_cannot_be_a_badge_is_none(typed: str) -> None:
    assert plain_badge(typed) is None


def test_badges_do_not_repeat() -> None:
    assert len({new_badge() for _ in range(1_000)}) == 1_000
