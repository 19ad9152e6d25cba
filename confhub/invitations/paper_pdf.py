"""Printed invitations (giấy mời) in the form of decree 30/2020/NĐ-CP, drawn in a process of their own.

`python -m confhub.invitations.paper_pdf` reads one JSON object from standard input, the fields of `Paper`,
and writes the PDF to standard output. A few recipients stand in the letter; more of them in an appendix.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from io import BytesIO
from typing import Any, Final

from reportlab.lib.units import mm

from confhub.files.drawing import drawn_at_once
from confhub.paper.decree import (
    Heading,
    Signature,
    begin_appendix,
    date_line,
    draw_heading,
    draw_signature,
)
from confhub.paper.fonts import BOLD, ITALIC, REGULAR, width
from confhub.paper.grid import Column, Grid
from confhub.paper.sheets import Sheets

KIND: Final = "GM"
"""Giấy mời, in a document's number (annex III of the decree)."""
LETTER_RECIPIENTS_MAX: Final = 8
"""Named in the letter itself; more stand in the appendix."""
SIZE: Final = 14.0


@dataclass(frozen=True, slots=True)
class Recipient:
    """A room that is invited. `branch`: under which heading it stands in the appendix."""

    unit: str
    room: str
    code: str
    branch: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """What is printed. `parts`: (label, text) in the order of the letter; a text's lines are paragraphs. An
    empty text is dots, to be filled in by hand. `words`: sentences of the letter by their key, in its
    language; nation and motto stay Vietnamese, as the decree has them."""

    agency: str
    parent: str
    number: str
    symbol: str
    place: str
    day: str
    office: str
    signer: str
    parts: tuple[tuple[str, str], ...]
    recipients: tuple[Recipient, ...]
    copies: tuple[str, ...]
    words: dict[str, str]


DOT: Final = "…"


def draw(paper: Paper) -> bytes:
    """The PDF. Blocking: some 30 ms a sheet."""
    out, words = BytesIO(), paper.words
    sheets = Sheets(out, words["title"], author=paper.agency, subject=paper.parts[0][1])
    day = date.fromisoformat(paper.day) if paper.day else None
    symbol = f"{KIND}-{paper.symbol}" if paper.symbol else KIND
    number = f"{paper.number}/{symbol}" if paper.number else ""
    draw_heading(sheets, Heading(paper.agency, paper.parent, number, symbol, paper.place, day))
    sheets.y -= 16
    sheets.lines(words["title"].upper(), face=BOLD, size=SIZE, at="middle", after=12)
    sheets.paragraph(words["invites"], size=SIZE)
    short = len(paper.recipients) <= LETTER_RECIPIENTS_MAX
    if short:
        for one in paper.recipients:
            sheets.paragraph(f"- {_called(one)};", size=SIZE, after=3)
    else:
        sheets.paragraph(f"- {words['listed']}.", size=SIZE, after=3)
    sheets.y -= 3
    for label, text in paper.parts:
        _part(sheets, label, text)
    sheets.paragraph(words["closing"], size=SIZE, after=12)
    first = words["as_above"] if short else words["as_listed"]
    draw_signature(sheets, Signature(paper.office, paper.signer, (first, *paper.copies, words["archive"])))
    if not short:
        _appendix(sheets, paper, number or f"……/{symbol}", day)
    sheets.save()
    return out.getvalue()


def _called(one: Recipient) -> str:
    return one.unit if one.room == one.unit or not one.room else f"{one.unit} ({one.room})"


def _part(sheets: Sheets, label: str, text: str) -> None:
    """A label in bold, and what it says after it; further lines are paragraphs of their own."""
    indent, said = 10 * mm, f"{label}: "
    free = sheets.room - indent - width(said, BOLD, SIZE)
    dots = DOT * int(free / width(DOT, REGULAR, SIZE))
    lines = [line for line in text.splitlines() if line.strip()] or [dots]
    if width(said, BOLD, SIZE) > sheets.room * 0.5:
        sheets.paragraph(said, face=BOLD, size=SIZE, after=3)
    else:
        sheets.need(SIZE * 2.6)
        sheets.put(said, sheets.left + indent, sheets.y - SIZE, BOLD, SIZE)
        # the label's own width is the first line's indent
        head, *lines = lines
        sheets.paragraph(head, size=SIZE, indent=indent + width(said, BOLD, SIZE), after=3 if lines else 6)
    for place, line in enumerate(lines):
        sheets.paragraph(line, size=SIZE, after=6 if place == len(lines) - 1 else 3)


def _appendix(sheets: Sheets, paper: Paper, number: str, day: date | None) -> None:
    words = paper.words
    note = words["belongs"].format(number=number, day=date_line("", day), agency=paper.agency)
    begin_appendix(sheets, words["appendix"], words["list"], note)
    grid = Grid(
        sheets,
        (
            Column(words["no"], 8, "middle"), Column(words["unit"], 42), Column(words["room"], 42),
            Column(words["code"], 18),
        ),
        size=12,
    )  # fmt: skip
    grid.head()
    branch = ""
    for place, one in enumerate(paper.recipients, 1):
        if one.branch and one.branch != branch:
            grid.band(one.branch, keep=40)
        branch = one.branch
        grid.row((str(place), one.unit, one.room, one.code))
    sheets.y -= 8
    sheets.lines(words["total"], face=ITALIC, size=12)


async def pdf(paper: Paper) -> bytes:
    """Drawn by another process, so that the hub's loop goes on."""
    return await drawn_at_once("confhub.invitations.paper_pdf", json.dumps(asdict(paper)).encode())


def _read(order: dict[str, Any]) -> Paper:
    recipients: Sequence[dict[str, str]] = order.pop("recipients")
    parts, copies = order.pop("parts"), order.pop("copies")
    return Paper(
        recipients=tuple(Recipient(**one) for one in recipients),
        parts=tuple((label, text) for label, text in parts),
        copies=tuple(copies),
        **order,
    )


def main() -> int:
    """An order as JSON in, the PDF out."""
    sys.stdout.buffer.write(draw(_read(json.load(sys.stdin))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
