"""Numbers of certificates."""

from __future__ import annotations

import pytest

from confhub.training import numbering
from confhub.training.errors import NumberTooLong, PatternInvalid


def test_the_running_number_and_the_year_are_filled_in() -> None:
    assert numbering.number("{seq:04d}/{year}/GCN-TTCT", 7, 2026) == "0007/2026/GCN-TTCT"
    assert numbering.number("{seq}", 12_345, 2026) == "12345"
    assert numbering.number("{seq:04d}/{year}", 123_456, 2026) == "123456/2026"


def test_one_series_whatever_the_width_another_one_each_year() -> None:
    assert numbering.series("{seq:04d}/{year}/A", 2026) == numbering.series("{seq:06d}/{year}/A", 2026)
    assert numbering.series("{seq:04d}/{year}/A", 2026) != numbering.series("{seq:04d}/{year}/A", 2027)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "GCN",
        "{seq}{seq}",
        "{seq:99d}",
        "{seq:04d}/{month}",
        "{seq}<b>",
        "{seq}" + "a" * 60,
        "{0}",
        "{seq!r}",
    ],
)
def test_other_patterns_are_refused_by_name(pattern: str) -> None:
    with pytest.raises(PatternInvalid) as refused:
        numbering.clean_pattern(pattern)
    assert refused.value.field == "number_pattern"


def test_a_number_that_does_not_fit_is_refused() -> None:
    pattern = numbering.clean_pattern("{seq}/" + "A" * 54)
    with pytest.raises(NumberTooLong):
        numbering.number(pattern, 10**7, 2026)


@pytest.mark.parametrize("typed", ["0007/2026/gcn", " 0007 / 2026 / GCN ", "0007/2026/GCN"])
def test_a_typed_number_is_found_however_it_is_typed(typed: str) -> None:
    assert numbering.same_number(typed) == "0007/2026/GCN"
