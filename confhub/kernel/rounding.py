"""Figures and moments are rounded once, and here: pages, files and the terminal show the same.

Halves go up, as offices and spreadsheets do it: 109 of 400 are 27.25 %. A share is shown with two decimals;
100 % stands for all alone, 0 % for none: 39,999 of 40,000 are 99.99 %.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

_ALL: Final = Decimal(100)
_STEP: Final = Decimal("0.01")
_MILLISECOND: Final = timedelta(milliseconds=1)


def rounded(value: float, digits: int) -> Decimal:
    """The decimal number nearest to what the value is written as; halves away from nought."""
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def percent(share: float) -> Decimal:
    """0..100 with two decimals, of a share 0..1; shares beyond are rounded alike."""
    found = (Decimal(repr(float(share))) * 100).quantize(_STEP, ROUND_HALF_UP)
    if share < 1 and found == _ALL:
        return _ALL - _STEP
    return _STEP if share > 0 and found == 0 else found


def minutes(millis: int) -> float:
    """Milliseconds as minutes with one decimal."""
    return float((Decimal(millis) / 60_000).quantize(Decimal("0.1"), ROUND_HALF_UP))


def whole_millisecond(moment: datetime) -> datetime:
    """The clock's millisecond in which the moment lies: the finest that anything is told in."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def told(moment: datetime) -> datetime:
    """The moment that was meant by one counted in whole milliseconds after a start and rounded down: what
    happened lies on the clock's milliseconds, so it is the first of them that is not before."""
    below = whole_millisecond(moment)
    return below if below == moment else below + _MILLISECOND


def whole_second(moment: datetime) -> datetime:
    """What a clock shows at the moment: for cells that a program would round by itself."""
    return moment.replace(microsecond=0)
