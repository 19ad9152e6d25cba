"""Texts, codes and dates of units, and the order of the tree."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confhub.kernel.errors import DomainError, ValidationErrors
from confhub.kernel.ids import TierId, UnitId
from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.org.errors import CodeInvalid, DatesReversed, TextMissing, TextTooLong, TextUnreadable
from confhub.org.rules import clean_code, clean_draft, clean_text, tree_order
from confhub.org.values import Tier, Unit, UnitDraft


def test_a_name_is_composed_and_its_blanks_are_tidied() -> None:
    assert clean_text("  Xa\u0303   Hoa\u0300 ", "name") == "Xã Hoà"


@pytest.mark.parametrize(
    ("text", "error"),
    [("", TextMissing), (" \t ", TextMissing), ("x" * 201, TextTooLong), ("x" * 10**6, TextTooLong),
     ("a\x00b", TextUnreadable), ("a\ud800", TextUnreadable)],
)  # fmt: skip
def test_a_bad_name_is_refused_with_its_field(text: str, error: type[DomainError]) -> None:
    with pytest.raises(error) as caught:
        clean_text(text, "name")
    assert caught.value.field == "name"


@pytest.mark.parametrize("code", ["Đ1", "a b", ".x", "x" * 41, "a/b", "room:1", "<b>"])
def test_a_code_that_cannot_be_an_identity_is_refused(code: str) -> None:
    with pytest.raises(CodeInvalid):
        clean_code(code)


def test_every_wrong_field_is_named_at_once() -> None:
    draft = UnitDraft("??", "", TierId(1), None, date(2025, 1, 2), date(2025, 1, 1))
    with pytest.raises(ValidationErrors) as caught:
        clean_draft(draft)
    assert [type(error) for error in caught.value.errors] == [CodeInvalid, TextMissing, DatesReversed]


@given(st.text(max_size=300))
def test_cleaning_any_text_gives_a_name_or_a_domain_error(text: str) -> None:
    try:
        name = clean_text(text, "name")
    except DomainError:
        return
    assert 0 < len(name) <= NAME_MAX_CHARS
    assert clean_text(name, "name") == name


def test_children_follow_their_parent_by_tier_and_name() -> None:
    tiers = {TierId(n): Tier(TierId(n), f"t{n}", "", "", n) for n in (1, 2, 3)}

    def unit(id_: int, tier: int, parent: int | None) -> Unit:
        above = UnitId(parent) if parent else None
        return Unit(UnitId(id_), f"u{id_}", "", TierId(tier), above, "", None, None)

    units = [(unit(4, 3, 2), "b"), (unit(2, 2, 1), "z"), (unit(3, 2, 1), "a"), (unit(1, 1, None), "x"),
             (unit(5, 3, 2), "a"), (unit(6, 3, 99), "q")]  # fmt: skip
    assert [u.id for u in tree_order(units, tiers)] == [1, 3, 2, 5, 4, 6]
