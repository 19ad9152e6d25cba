"""A ruled table, row by row, with its heading again on every sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from confhub.paper.fonts import BOLD, REGULAR, width, wrap
from confhub.paper.sheets import Sheets


@dataclass(frozen=True, slots=True)
class Column:
    """A table's column. `share`: of the width, against the others; `at`: left | middle | right."""

    title: str
    share: float
    at: str = "left"


HEADING_MIN = 6.5
"""Points; a heading's word that is wider still is broken."""


class Grid:
    """A ruled table drawn row by row, its heading again on every sheet. A cell wraps; a row stays whole."""

    def __init__(self, sheets: Sheets, columns: Sequence[Column], *, size: float = 11) -> None:
        self._sheets = sheets
        self._columns = columns
        self._size = size
        total = sum(column.share for column in columns)
        self._widths = [sheets.room * column.share / total for column in columns]
        self._step = size * 1.15
        self._pad = 2.5

    def head(self) -> None:
        """The heading row, bold; smaller where a word would not fit its column."""
        titles = [column.title for column in self._columns]
        size, self._size = self._size, self._heading_size(titles)
        self._step = self._size * 1.15
        cells = [self._cell(i, text, BOLD) for i, text in enumerate(titles)]
        self._sheets.need(self._height(cells) + size * 1.15 + 2 * self._pad)  # never without a row below it
        self._draw(cells, BOLD, middle=True)
        self._size, self._step = size, size * 1.15

    def _heading_size(self, titles: Sequence[str]) -> float:
        words = [
            (word, room) for title, room in zip(titles, self._widths, strict=True) for word in title.split()
        ]
        size = self._size
        while size > HEADING_MIN and any(
            width(word, BOLD, size) > room - 2 * self._pad for word, room in words
        ):
            size -= 0.5
        return size

    def row(self, cells: Sequence[str], *, bold: bool = False) -> None:
        """One row, on the next sheet under a new heading where it does not fit here."""
        face = BOLD if bold else REGULAR
        drawn = [self._cell(i, text, face) for i, text in enumerate(cells)]
        if self._sheets.need(self._height(drawn)):
            self.head()
        self._draw(drawn, face)

    def band(self, text: str, *, keep: float = 0) -> None:
        """A row across all columns, bold; `keep`: room that must be left below it on the same sheet."""
        sheets = self._sheets
        lines = wrap(text, BOLD, self._size, sheets.room - 2 * self._pad)
        height = len(lines) * self._step + 2 * self._pad
        if sheets.need(height + keep):
            self.head()
        canvas = sheets.canvas
        canvas.setLineWidth(0.5)
        canvas.setFillGray(0.93)
        canvas.rect(sheets.left, sheets.y - height, sheets.room, height, stroke=1, fill=1)
        canvas.setFillGray(0)
        for i, line in enumerate(lines):
            sheets.put(line, sheets.left + self._pad, self._base(i, 0), BOLD, self._size)
        sheets.y -= height

    def _cell(self, index: int, text: str, face: str) -> list[str]:
        room = self._widths[index] - 2 * self._pad
        if width(text, face, self._size) <= room and "\n" not in text:
            return [text]
        return wrap(text, face, self._size, room)

    def _height(self, drawn: list[list[str]]) -> float:
        return float(max(len(lines) for lines in drawn) * self._step + 2 * self._pad)

    def _base(self, line: int, down: float) -> float:
        return self._sheets.y - self._pad - down - line * self._step - self._size * 0.88

    def _draw(self, drawn: list[list[str]], face: str, *, middle: bool = False) -> None:
        sheets, canvas = self._sheets, self._sheets.canvas
        height = self._height(drawn)
        x = sheets.left
        canvas.setLineWidth(0.5)
        canvas.grid([x, *self._edges(x)], [sheets.y, sheets.y - height])
        for lines, cell, column in zip(drawn, self._widths, self._columns, strict=True):
            at = "middle" if middle else column.at
            place = {"left": x + self._pad, "middle": x + cell / 2, "right": x + cell - self._pad}[at]
            down = (height - 2 * self._pad - len(lines) * self._step) / 2 if middle else 0
            for i, line in enumerate(lines):
                if line:
                    sheets.put(line, place, self._base(i, down), face, self._size, at=at)
            x += cell
        sheets.y -= height

    def _edges(self, x: float) -> list[float]:
        edges = []
        for cell in self._widths:
            x += cell
            edges.append(x)
        return edges
