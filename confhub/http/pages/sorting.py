"""Lists that a reader sorts by a column: the whole list is sorted, then a page of it is shown."""

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
    pages = max(1, -(-len(found) // size)) if size else 1
    number = min(number, pages)
    return Sheet(found[(number - 1) * size : number * size] if size else found, number, pages, len(found))


def ordered(rows: Sequence[_Row], columns: Mapping[str, Callable[[_Row], Any]], sort: str) -> list[_Row]:
    """`rows` by a column of `columns`, `-column` the other way round; anything else keeps their order.

    Rows that have nothing (None) in the column come last either way.
    """
    value = columns.get(sort.removeprefix("-"))
    if value is None:
        return list(rows)
    known = sorted((row for row in rows if value(row) is not None), key=value, reverse=sort.startswith("-"))
    return known + [row for row in rows if value(row) is None]
