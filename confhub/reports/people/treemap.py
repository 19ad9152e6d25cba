"""A tree map: rectangles whose areas are as their values, as square as can be (Bruls et al., 2000). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Rect(NamedTuple):
    """Left upper corner and size."""

    x: float
    y: float
    width: float
    height: float


def squarify(values: Sequence[float], width: float, height: float) -> list[Rect]:
    """One rectangle a value, in its order; values are positive and best given largest first."""
    total = sum(values)
    if total <= 0:
        return []
    areas = [value * width * height / total for value in values]
    found: list[Rect] = []
    x, y = 0.0, 0.0
    at = 0
    while at < len(areas):
        side = min(width, height)
        end = at + 1
        while end < len(areas) and _worst(areas[at : end + 1], side) <= _worst(areas[at:end], side):
            end += 1
        row = areas[at:end]
        thick = sum(row) / side if side > 0 else 0.0
        along = 0.0
        for area in row:
            length = area / thick if thick > 0 else 0.0
            if width >= height:
                found.append(Rect(x, y + along, thick, length))
            else:
                found.append(Rect(x + along, y, length, thick))
            along += length
        if width >= height:
            x, width = x + thick, width - thick
        else:
            y, height = y + thick, height - thick
        at = end
    return found


def _worst(row: Sequence[float], side: float) -> float:
    """The longest of a row's rectangles: its length against its breadth."""
    total = sum(row)
    return max(side * side * max(row) / (total * total), total * total / (side * side * min(row)))
