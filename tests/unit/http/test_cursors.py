"""Cursors come back as they were, and nothing else is taken for one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confhub.http.context import BIGINT_MAX
from confhub.http.cursors import CursorInvalid, read_cursor, write_cursor

MOMENTS = st.integers(0, 253_402_214_400).map(lambda s: datetime.fromtimestamp(s, UTC))


@given(MOMENTS, st.integers(1, BIGINT_MAX))
def test_a_place_comes_back(moment: datetime, number: int) -> None:
    written = write_cursor((moment, number))
    assert written is not None
    assert read_cursor(written) == (moment, number)


def test_no_place_is_no_cursor() -> None:
    assert write_cursor(None) is None
    assert read_cursor(None) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "☃",
        "=" * 9,
        "bnVsbA",
        "WzEsMl0",
        "WyIyMDI2LTAxLTAxIiwxXQ",
        "W10",
        "e30",
        "WyIyMDI2LTAxLTAxVDAwOjAwWiIsdHJ1ZV0",
    ],
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(CursorInvalid):
        read_cursor(text)


@given(st.text(max_size=200))
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        read_cursor(text)
    except CursorInvalid:
        return
