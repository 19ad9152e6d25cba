"""Pages of a list: how many there are, and where one begins."""

from __future__ import annotations


def page_count(total: int, size: int) -> int:
    """Pages of `total` rows with `size` each; one also where there is nothing."""
    return max(1, -(-total // size))


def page_within(number: int, total: int, size: int) -> int:
    """Page `number` counted from 1; the last one, where there are fewer."""
    return min(max(1, number), page_count(total, size))


def offset_of(number: int, size: int) -> int:
    """Rows before page `number`."""
    return (number - 1) * size
