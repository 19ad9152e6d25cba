"""How many pages a list has, and where one begins."""

from __future__ import annotations

import pytest

from confhub.http.paging import Sized, cut
from confhub.kernel.paging import page_count, page_within


@pytest.mark.parametrize(("total", "pages"), [(0, 1), (1, 1), (50, 1), (51, 2), (100, 2), (101, 3)])
def test_a_list_has_as_many_pages_as_it_needs_and_one_where_it_is_empty(total: int, pages: int) -> None:
    assert page_count(total, 50) == pages


def test_a_page_behind_the_last_is_the_last() -> None:
    assert [page_within(number, 101, 50) for number in (0, 1, 3, 4)] == [1, 1, 3, 3]
    found = cut(range(101), 9, 50)
    assert (found.rows, found.number, found.pages, found.total) == ([100], 3, 3, 101)


def test_pages_follow_each_other_without_a_gap() -> None:
    starts = [Sized(page=number, size=7).offset for number in (1, 2, 3)]
    assert starts == [0, 7, 14]
