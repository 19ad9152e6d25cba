"""Texts of a whole file in an old font: found, shown, and read in Unicode unless somebody says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from confhub.sheets.letters import Font, Old, old_font
from confhub.sheets.table import Table

LOOKED_AT: Final = 20_000
"""Texts of a file whose letters are looked at, spread over all of it."""

SAMPLES: Final = 12
"""Texts shown as they stand and as they are read."""

OLD_FONTS: Final[dict[Old, str]] = {"tcvn3": "TCVN3 (ABC)", "vni": "VNI"}
"""What people call them."""


@dataclass(frozen=True, slots=True)
class Letters:
    """An old font's texts: how each of the first ones reads in Unicode."""

    old: Old
    samples: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """What people call the font."""
        return OLD_FONTS[self.old]


def in_unicode(tables: list[Table], *, keep: bool) -> tuple[list[Table], Letters | None]:
    """The tables with texts of an old font converted, or as they are (`keep`), and samples of the texts."""
    font = old_font(islice(_texts(tables), LOOKED_AT))
    if font is None:
        return tables, None
    samples: dict[str, str] = {}
    for text in _texts(tables):
        if len(samples) < SAMPLES and (told := font.convert(text)) != text:
            samples.setdefault(text, told)
    letters = Letters(font.old, tuple(samples.items()))
    return (tables if keep else [_converted(table, font) for table in tables]), letters


def _texts(tables: list[Table]) -> Iterator[str]:
    for table in tables:
        step = max(1, len(table.rows) // 2_000)
        for cells in table.rows[::step]:
            for cell in cells:
                if isinstance(cell, str) and not cell.isascii():
                    yield cell


def _converted(table: Table, font: Font) -> Table:
    rows = [[font.convert(cell) if isinstance(cell, str) else cell for cell in cells] for cells in table.rows]
    return replace(table, name=font.convert(table.name), rows=rows)
