"""What SQLite plans once: statements whose partial index is chosen by a constant that stands in them."""

from __future__ import annotations

import pytest
from sqlalchemy import Select
from sqlalchemy.dialects import sqlite

from confhub.checkin import sheets
from confhub.db.base import as_written


@pytest.mark.parametrize("statement", [sheets._CHANGES, sheets._WHOLE], ids=["changes", "whole"])
def test_a_tablets_list_binds_nothing_that_a_partial_index_is_chosen_by(statement: Select[object]) -> None:
    binds = statement.compile(dialect=sqlite.dialect()).binds.values()
    assert {one.literal_execute for one in binds if one.value == "withdrawn"} == {True}


@pytest.mark.parametrize("text", ["", "o'brien", "two words", "1"])
def test_only_a_plain_word_is_written_into_a_statement(text: str) -> None:
    with pytest.raises(AssertionError):
        as_written(text)
