"""A week's schedule as PDF: A4 sideways, days and halves of days as merged cells, as offices have it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Final

from confhub.paper.decree import Heading, Signature, draw_heading, draw_signature, draw_title
from confhub.paper.fonts import BOLD, ITALIC, REGULAR, wrap
from confhub.paper.sheets import Sheets
from confhub.weekly.values import Week
from confhub.weekly.words import KIND, Cell, DayRows, Row, Words

SIZE: Final = 10.5
STEP: Final = SIZE * 1.18
PAD: Final = 2.5
SHARES: Final = (23, 20, 23, 70, 42, 30, 32, 24)
"""Widths against each other: day, half, hours, content, place, chair, participants, who prepares."""
MERGED: Final = 2
"""Columns whose cells go over several rows."""


@dataclass(frozen=True, slots=True)
class _Text:
    """One drawn line of a cell."""

    text: str
    face: str = REGULAR
    struck: bool = False


@dataclass(slots=True)
class _Piece:
    """A row, or as much of it as one sheet takes. `day`, `half`: numbers that grow with each."""

    day: int
    half: int
    titles: tuple[list[_Text], list[_Text]]
    cells: list[list[_Text]]
    top: float = 0.0
    bottom: float = 0.0

    def height(self) -> float:
        """What its longest cell needs."""
        return max((len(one) for one in self.cells), default=0) * STEP + 2 * PAD


def draw_week(target: IO[bytes], week: Week, words: Words, recipients: tuple[str, ...], office: str) -> None:
    """Write the PDF. `office`: who signs where the unit says nothing."""
    head = week.letterhead
    title = f"{words.title()} {week.year}-W{week.number:02d}"
    sheets = Sheets(target, title, author=head.agency, sideways=True)
    symbol = f"{KIND}-{head.symbol}" if head.symbol else KIND
    draw_heading(sheets, Heading(head.agency or week.unit_name, head.parent, symbol=symbol, place=head.place))
    draw_title(sheets, words.title(), words.subject(week))
    for line in words.standing(week):
        sheets.lines(line, face=ITALIC, size=12, at="middle")
    sheets.y -= 6
    _Table(sheets, words.headings()).draw(words.days(week), words.nothing())
    if week.more:
        sheets.lines(words.more(), face=ITALIC, size=SIZE)
    sheets.y -= 8
    draw_signature(sheets, Signature(head.office or office, head.signer, recipients))
    sheets.save()


class _Table:
    """Rows are put in place first, sheet by sheet, and drawn when it is known how far a merged cell goes."""

    def __init__(self, sheets: Sheets, headings: Sequence[str]) -> None:
        self._sheets = sheets
        self._headings = headings
        total = sum(SHARES)
        self._widths = [sheets.room * share / total for share in SHARES]
        self._edges = [sheets.left + sum(self._widths[:n]) for n in range(len(SHARES) + 1)]
        self._here: list[_Piece] = []

    def draw(self, days: Sequence[DayRows], nothing: str) -> None:
        """All of it."""
        self._head()
        for piece in self._pieces(days, nothing):
            self._put(piece)
        self._flush()

    def _pieces(self, days: Sequence[DayRows], nothing: str) -> Iterator[_Piece]:
        half = 0
        for number, day in enumerate(days):
            title = self._title(day.title, 0)
            if not day.halves:
                half += 1
                cells = [self._lines(Cell(nothing if n == 1 else ""), n + MERGED, False) for n in range(6)]
                yield self._tall(_Piece(number, half, (title, []), cells), len(title))
            left = sum(len(one.rows) for one in day.halves)
            short_of = len(title) - left + 1  # lines that the last row has to have, where all others have one
            for one in day.halves:
                half += 1
                short = self._title((one.title,), 1)
                for at, row in enumerate(one.rows, 1):
                    left -= 1
                    lines = len(short) - at + 1 if at == len(one.rows) else 1
                    made = _Piece(number, half, (title, short), self._row(row))
                    yield self._tall(made, max(lines, 1 if left else short_of))

    def _tall(self, piece: _Piece, lines: int) -> _Piece:
        """At least so many lines high, so that its title fits beside it."""
        piece.cells[0] += [_Text("")] * (lines - len(piece.cells[0]))
        return piece

    def _title(self, texts: Sequence[str], column: int) -> list[_Text]:
        room = self._widths[column] - 2 * PAD
        return [_Text(line, BOLD if n == 0 else REGULAR)
                for n, text in enumerate(texts) for line in wrap(text, BOLD, SIZE, room)]  # fmt: skip

    def _row(self, row: Row) -> list[list[_Text]]:
        return [self._lines(cell, n + MERGED, row.gone) for n, cell in enumerate(row.cells)]

    def _lines(self, cell: Cell, column: int, gone: bool) -> list[_Text]:
        room = self._widths[column] - 2 * PAD
        found = [_Text(line, REGULAR, True) for line in wrap(cell.was, REGULAR, SIZE, room) if line]
        found += [_Text(line, REGULAR, gone) for line in wrap(cell.text, REGULAR, SIZE, room) if line]
        found += [_Text(line, ITALIC) for line in wrap(cell.remark, ITALIC, SIZE, room) if line]
        return found

    def _put(self, piece: _Piece) -> None:
        """On this sheet, on the next one where it does not fit here, over several where it fits on none."""
        sheets = self._sheets
        full = sheets.height - sheets.margins.top - sheets.bottom - 60
        if sheets.y - piece.height() < sheets.bottom and piece.height() <= full:
            self._turn()
        while piece.height() > sheets.y - sheets.bottom:
            takes = int((sheets.y - sheets.bottom - 2 * PAD) / STEP)
            if takes < 2:
                self._turn()
                continue
            part = _Piece(piece.day, piece.half, piece.titles, [one[:takes] for one in piece.cells])
            self._place(part, part.height())
            piece.cells = [one[takes:] for one in piece.cells]
            self._turn()
        self._place(piece, piece.height())

    def _place(self, piece: _Piece, height: float) -> None:
        piece.top = self._sheets.y
        self._sheets.y -= height
        piece.bottom = self._sheets.y
        self._here.append(piece)

    def _turn(self) -> None:
        self._flush()
        self._sheets.turn()
        self._head()

    def _head(self) -> None:
        cells = [
            [_Text(line, BOLD) for line in wrap(title, BOLD, SIZE, width - 2 * PAD)]
            for title, width in zip(self._headings, self._widths, strict=True)
        ]
        sheets, canvas = self._sheets, self._sheets.canvas
        height = max(len(one) for one in cells) * STEP + 2 * PAD
        canvas.setFillGray(0.93)
        canvas.rect(sheets.left, sheets.y - height, sheets.room, height, stroke=0, fill=1)
        canvas.setFillGray(0)
        for column, lines in enumerate(cells):
            self._box(column, sheets.y, sheets.y - height)
            down = (height - 2 * PAD - len(lines) * STEP) / 2
            self._text(lines, column, sheets.y - down, middle=True)
        sheets.y -= height

    def _flush(self) -> None:
        """Draw what stands on this sheet."""
        for piece in self._here:
            for number, lines in enumerate(piece.cells):
                self._box(number + MERGED, piece.top, piece.bottom)
                self._text(lines, number + MERGED, piece.top, middle=number == 0)
        for column in range(MERGED):
            for group in _groups(self._here, column):
                top, bottom = group[0].top, group[-1].bottom
                self._box(column, top, bottom)
                fits = max(1, int((top - bottom - 2 * PAD) / STEP + 0.01))
                self._text(group[0].titles[column][:fits], column, top, middle=True)
        self._here = []

    def _box(self, column: int, top: float, bottom: float) -> None:
        canvas = self._sheets.canvas
        canvas.setLineWidth(0.5)
        canvas.rect(self._edges[column], bottom, self._widths[column], top - bottom, stroke=1, fill=0)

    def _text(self, lines: Sequence[_Text], column: int, top: float, *, middle: bool = False) -> None:
        sheets = self._sheets
        left, width = self._edges[column], self._widths[column]
        y = top - PAD - SIZE * 0.88
        for one in lines:
            if one.text:
                x = left + width / 2 if middle else left + PAD
                sheets.put(one.text, x, y, one.face, SIZE, at="middle" if middle else "left")
                if one.struck:
                    self._strike(one, x, y, middle)
            y -= STEP

    def _strike(self, one: _Text, x: float, y: float, middle: bool) -> None:
        length = self._sheets.canvas.stringWidth(one.text, one.face, SIZE)
        start = x - length / 2 if middle else x
        self._sheets.canvas.setLineWidth(0.7)
        self._sheets.canvas.line(start, y + SIZE * 0.28, start + length, y + SIZE * 0.28)


def _groups(pieces: Sequence[_Piece], column: int) -> Iterator[list[_Piece]]:
    """Pieces that share a merged cell of the column."""
    group: list[_Piece] = []
    for piece in pieces:
        if group and _of(piece, column) != _of(group[0], column):
            yield group
            group = []
        group.append(piece)
    if group:
        yield group


def _of(piece: _Piece, column: int) -> int:
    return piece.half if column else piece.day
