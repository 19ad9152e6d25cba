"""Lists of delegates as offices paste them, and whatever else is pasted instead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confhub.invitations.errors import (
    DelegateTooLong,
    DelegateUnreadable,
    DelegateWithoutName,
    TooManyDelegates,
)
from confhub.invitations.limits import DELEGATES_MAX
from confhub.invitations.rules import read_delegates
from confhub.invitations.values import Delegate
from confhub.kernel.errors import DomainError


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("Nguyễn Văn An", Delegate("Nguyễn Văn An")),
        ("  Nguyễn   Văn An , Chủ tịch ", Delegate("Nguyễn Văn An", "Chủ tịch")),
        ("1. Nguyễn Văn An, Chủ tịch, UBND xã", Delegate("Nguyễn Văn An", "Chủ tịch", "UBND xã")),
        ("12) Nguyễn Văn An; Chủ tịch, Bí thư; Xã A, huyện B",
         Delegate("Nguyễn Văn An", "Chủ tịch, Bí thư", "Xã A, huyện B")),
        ("3\tNguyễn Văn An\tChủ tịch\tXã A", Delegate("Nguyễn Văn An", "Chủ tịch", "Xã A")),
        ("- Nguyễn Văn An\tChủ tịch, Bí thư", Delegate("Nguyễn Văn An", "Chủ tịch, Bí thư")),
        ("Nguyễn Văn An,,Xã A", Delegate("Nguyễn Văn An", "", "Xã A")),
        ("=Nguyễn Văn An", Delegate("=Nguyễn Văn An")),
    ],
)  # fmt: skip
def test_a_line_is_a_person(line: str, wanted: Delegate) -> None:
    assert read_delegates(f"\n{line}\r\n\n") == (wanted,)


def test_who_stands_there_twice_is_taken_once_however_written() -> None:
    people = read_delegates("Nguyễn Văn Hoà, Bí thư\nNGUYỄN VĂN HÒA, Bí thư\nNguyễn Văn Hoà, Văn thư")
    assert [one.position for one in people] == ["Bí thư", "Văn thư"]


@pytest.mark.parametrize(
    ("text", "error", "line"),
    [
        ("An\n" + "N" * 201, DelegateTooLong, 2),
        ("An, " + "c" * 5_000, DelegateTooLong, 1),
        ("An\n\n\u202eBình", DelegateUnreadable, 3),
        ("An \U0001f600", DelegateUnreadable, 1),
        ("An\u200b", DelegateUnreadable, 1),
        ("1, 2", DelegateWithoutName, 1),
        (", Chủ tịch", DelegateWithoutName, 1),
    ],
)
def test_what_is_no_list_is_said_with_its_line(text: str, error: type[DomainError], line: int) -> None:
    with pytest.raises(error) as caught:
        read_delegates(text)
    assert (caught.value.field, caught.value.params["line"]) == ("delegates", line)


def test_ten_thousand_are_too_many() -> None:
    with pytest.raises(TooManyDelegates) as caught:
        read_delegates("An\n" * 10_000)
    assert caught.value.params == {"limit": DELEGATES_MAX, "count": 10_000}


@given(st.text(max_size=400))
def test_whatever_is_pasted_gives_people_or_its_own_error(text: str) -> None:
    try:
        people = read_delegates(text)
    except (DelegateTooLong, DelegateUnreadable, DelegateWithoutName, TooManyDelegates):
        return
    assert all(one.name and len(one.name) <= 200 for one in people)
