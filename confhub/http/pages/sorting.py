"""Whole lists of which a page is shown, sorted by a column where the reader asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

_Row = TypeVar("_Row")


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
    pages = max(1, -(-len(rows) // size))
    number = min(number, pages)
    return Sheet(list(rows[(number - 1) * size : number * size]), number, pages, len(rows))


def ordered(rows: Sequence[_Row], columns: Mapping[str, Callable[[_Row], Any]], sort: str) -> list[_Row]:
    """`rows` by a column of `columns`, `-column` the other way round; anything else keeps their order.

    Rows that have nothing (None) in the column come last either way.
    """
    value = columns.get(sort.removeprefix("-"))
    if value is None:
        return list(rows)
    known = sorted((row for row in rows if value(row) is not None), key=value, reverse=sort.startswith("-"))
    return known + [row for row in rows if value(row) is None]
