"""Lists for `IN`: all of it, in statements of few lengths."""

from __future__ import annotations

import pytest

from confhub.checkin.store import IDS_AT_ONCE, parts


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 64, IDS_AT_ONCE, IDS_AT_ONCE + 1, 3 * IDS_AT_ONCE - 7])
def test_all_ids_come_in_lists_of_a_power_of_two(count: int) -> None:
    found = list(parts(range(count)))
    assert {one for part in found for one in part} == set(range(count))
    assert all(len(part).bit_count() == 1 for part in found)
    assert sum(len(set(part)) for part in found) == count
