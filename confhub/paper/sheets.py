"""A4 sheets, one after the other, with a pen that moves down.

Measures are points from the lower left corner, as PDF has them; `mm` comes from ReportLab. Blocking, and
slow for hundreds of sheets: call it in a process of its own, or in a thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import segno
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from confhub.paper.fonts import BODY_SIZE, LEADING, REGULAR, load_fonts, width, wrap


@dataclass(frozen=True, slots=True)
class Margins:
    """In points. The decree: top and bottom 20-25 mm, left 30-35 mm, right 15-20 mm."""

    top: float = 22.0 * mm
    bottom: float = 20.0 * mm
    left: float = 30.0 * mm
    right: float = 16.0 * mm


class Sheets:
    """A document, sheet after sheet, with a pen that moves down: `y` is where the next line's top is."""

    def __init__(
        self,
        target: Path | IO[bytes],
        title: str,
        *,
        author: str = "",
        subject: str = "",
        margins: Margins | None = None,
        sideways: bool = False,
    ) -> None:
        """`target`: where the PDF goes when `save` is called. `title`, `author`: what readers show of it."""
        load_fonts()
        self.margins = margins or Margins()
        self.width: float
        self.height: float
        self.width, self.height = landscape(A4) if sideways else A4
        out = str(target) if isinstance(target, Path) else target
        self.canvas = Canvas(out, pagesize=(self.width, self.height), pageCompression=1, lang="vi-VN")
        self.canvas.setTitle(title)
        self.canvas.setAuthor(author)
        self.canvas.setSubject(subject)
        self.canvas.setCreator("confhub")
        self.page = 1
        """Counted from 1; an appendix begins anew."""
        self.sheets = 1
        self.y = self.height - self.margins.top

    @property
    def left(self) -> float:
        return self.margins.left

    @property
    def right(self) -> float:
        return self.width - self.margins.right

    @property
    def room(self) -> float:
        """Width between the margins."""
        return self.right - self.left

    @property
    def bottom(self) -> float:
        return self.margins.bottom

    # -- sheets --------------------------------------------------------------------------------------

    def turn(self, *, first: bool = False) -> None:
        """The next sheet; `first`: of an appendix, whose pages are numbered anew.

        The number stands in the middle of the top margin, and not on a first page.
        """
        self.canvas.showPage()
        self.sheets += 1
        self.page = 1 if first else self.page + 1
        self.y = self.height - self.margins.top
        if self.page > 1:
            self.put(str(self.page), self.width / 2, self.height - 14 * mm, REGULAR, 13, at="middle")

    def need(self, height: float) -> bool:
        """Turn the sheet where `height` does not fit any more; whether it was turned."""
        if self.y - height >= self.bottom:
            return False
        self.turn()
        return True

    def save(self) -> None:
        """Write the document."""
        self.canvas.save()

    # -- text ----------------------------------------------------------------------------------------

    def put(
        self, text: str, x: float, y: float, face: str = REGULAR, size: float = BODY_SIZE, *, at: str = "left"
    ) -> None:
        """One line with its base at `y`; `x` is its left end, its middle or its right end."""
        if at == "middle":
            x -= width(text, face, size) / 2
        elif at == "right":
            x -= width(text, face, size)
        self.canvas.setFont(face, size)
        self.canvas.drawString(x, y, text)

    def lines(
        self,
        text: str,
        *,
        face: str = REGULAR,
        size: float = BODY_SIZE,
        at: str = "left",
        x: float | None = None,
        room: float | None = None,
        after: float = 0,
    ) -> None:
        """A text in as many lines as it needs, `x` as in `put` (by default the column's own)."""
        room = self.room if room is None else room
        if x is None:
            x = {"left": self.left, "middle": (self.left + self.right) / 2, "right": self.right}[at]
        for line in wrap(text, face, size, room):
            self.need(size * LEADING)
            self.put(line, x, self.y - size, face, size, at=at)
            self.y -= size * LEADING
        self.y -= after

    def paragraph(
        self,
        text: str,
        *,
        face: str = REGULAR,
        size: float = BODY_SIZE,
        indent: float = 10 * mm,
        after: float = 6,
    ) -> None:
        """Justified, its first line indented by a centimetre, 6 points to the next, as the decree has it."""
        words = text.split()
        row: list[str] = []
        room = self.room - indent
        for word in words:
            if row and width(" ".join([*row, word]), face, size) > room:
                self._justified(row, self.right - room, room, face, size, last=False)
                row, room = [], self.room
            row.append(word)
        if row:
            self._justified(row, self.right - room, room, face, size, last=True)
        self.y -= after

    def _justified(
        self, words: list[str], x: float, room: float, face: str, size: float, *, last: bool
    ) -> None:
        self.need(size * LEADING)
        y = self.y - size
        self.y -= size * LEADING
        if last or len(words) == 1:
            self.put(" ".join(words), x, y, face, size)
            return
        gap = (room - sum(width(word, face, size) for word in words)) / (len(words) - 1)
        for word in words:
            self.put(word, x, y, face, size)
            x += width(word, face, size) + gap

    def rule(self, x: float, y: float, length: float, thickness: float = 0.7) -> None:
        """A level line, its middle at `x`."""
        self.canvas.setLineWidth(thickness)
        self.canvas.line(x - length / 2, y, x + length / 2, y)

    def qr(self, text: str, x: float, y: float, side: float) -> None:
        """The text as a QR code without its quiet zone, its lower left corner at (x, y)."""
        matrix = segno.make(text, error="m", micro=False).matrix
        cell = side / len(matrix)
        path: Any = self.canvas.beginPath()
        for row, cells in enumerate(matrix):
            start: int | None = None
            for column, dark in enumerate([*cells, 0]):
                if dark and start is None:
                    start = column
                elif not dark and start is not None:
                    path.rect(x + start * cell, y + side - (row + 1) * cell, (column - start) * cell, cell)
                    start = None
        self.canvas.drawPath(path, stroke=0, fill=1)
