"""Paging, alike at both doors: what is searched, which page of it, how many rows; and whole lists of which a
page is shown, sorted by a column where the reader asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field

from confhub.kernel.limits import NAME_MAX_CHARS, PAGE_SIZE, PAGE_SIZE_MAX
from confhub.kernel.paging import offset_of, page_count, page_within

PAGE_MAX = 1_000_000
"""Pages of a list: above every list that there is."""

_Row = TypeVar("_Row")


class Searched(BaseModel):
    """`search` is compared without diacritics."""

    search: str = Field(default="", max_length=NAME_MAX_CHARS)


class Paged(BaseModel):
    """`page` counts from 1."""

    page: int = Field(default=1, ge=1, le=PAGE_MAX)


class Sized(Paged):
    """`page` counts from 1; `size`: rows of one."""

    size: int = Field(default=PAGE_SIZE, ge=1, le=PAGE_SIZE_MAX)

    @property
    def offset(self) -> int:
        """Rows before the page."""
        return offset_of(self.page, self.size)


@dataclass(frozen=True, slots=True)
class Sheet(Generic[_Row]):
    """One page of a list: `number` of `pages`, of `total` rows."""

    rows: list[_Row]
    number: int
    pages: int
    total: int


def sheet(
    rows: Sequence[_Row],
    columns: Mapping[str, Callable[[_Row], Any]],
    sort: str,
    number: int,
    size: int | None,
) -> Sheet[_Row]:
    """Page `number` (the last one, where there are fewer) of `rows`, `size` a page or all on one."""
    found = ordered(rows, columns, sort)
    return cut(found, number, size) if size else Sheet(found, 1, 1, len(found))


def cut(rows: Sequence[_Row], number: int, size: int) -> Sheet[_Row]:
    """Page `number` (the last one, where there are fewer) of `rows`, `size` a page."""
    number = page_within(number, len(rows), size)
    start = offset_of(number, size)
    return Sheet(list(rows[start : start + size]), number, page_count(len(rows), size), len(rows))


def ordered(rows: Sequence[_Row], columns: Mapping[str, Callable[[_Row], Any]], sort: str) -> list[_Row]:
    """`rows` by a column of `columns`, `-column` the other way round; anything else keeps their order.

    Rows that have nothing (None) in the column come last either way.
    """
    value = columns.get(sort.removeprefix("-"))
    if value is None:
        return list(rows)
    known = sorted((row for row in rows if value(row) is not None), key=value, reverse=sort.startswith("-"))
    return known + [row for row in rows if value(row) is None]
