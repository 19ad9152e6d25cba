"""The tree map."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confhub.reports.people.treemap import squarify


@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=60))
def test_a_tree_map_gives_each_value_its_area_inside_the_frame(values: list[int]) -> None:
    places = squarify(values, 1000, 420)
    assert len(places) == len(values)
    for value, place in zip(values, places, strict=True):
        area = value / sum(values) * 1000 * 420
        assert place.width * place.height == pytest.approx(area, rel=1e-6, abs=1e-6)
        assert place.x >= -1e-6
        assert place.x + place.width <= 1000 + 1e-6
        assert place.y >= -1e-6
        assert place.y + place.height <= 420 + 1e-6


def test_no_values_make_no_map() -> None:
    assert squarify([], 10, 10) == []
