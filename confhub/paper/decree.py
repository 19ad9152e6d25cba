"""The parts of an official document, as decree 30/2020/NĐ-CP places them (its annex I)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from reportlab.lib.units import mm

from confhub.paper.fonts import BOLD, BOLD_ITALIC, ITALIC, REGULAR, balanced, width, wrap
from confhub.paper.sheets import Sheets

NATION: Final = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO: Final = "Độc lập - Tự do - Hạnh phúc"


@dataclass(frozen=True, slots=True)
class Heading:
    """The first lines of an official document. `number`: "15/BC-UBND"; empty: filled in by hand."""

    agency: str
    parent: str = ""
    """The agency above, over its name; may be empty."""
    number: str = ""
    symbol: str = "BC"
    """What stands behind the stroke while there is no number: the kind and the agency's abbreviation."""
    place: str = ""
    day: date | None = None
    """None: left to be filled in by hand."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signs: `office` in capitals above, `name` below the room for hand and seal."""

    office: str = ""
    name: str = ""
    recipients: tuple[str, ...] = ()
    """The lines under "Nơi nhận"; by default the archive alone."""


def draw_heading(sheets: Sheets, heading: Heading) -> None:
    """Agency and number at the left; nation, motto, place and date at the right."""
    top = sheets.y
    share = 0.42
    left, right = sheets.left + sheets.room * share / 2, sheets.right - sheets.room * (1 - share) / 2
    # the decree's two halves hang a little over the column, so that the nation's title is one line
    bases = _agency(sheets, heading, left, sheets.room * share - 4, top)
    y = top - 12
    sheets.put(NATION, right, y, BOLD, 12, at="middle")
    y -= 17
    sheets.put(MOTTO, right, y, BOLD, 13, at="middle")
    sheets.rule(right, y - 5, width(MOTTO, BOLD, 13))
    y = min(y - 25, bases)
    number = heading.number or f"          /{heading.symbol}"
    sheets.put(f"Số: {number}", left, y, REGULAR, 13, at="middle")
    sheets.put(date_line(heading.place, heading.day), right, y, ITALIC, 13, at="middle")
    sheets.y = y - 16


def _agency(sheets: Sheets, heading: Heading, x: float, room: float, top: float) -> float:
    """Draws it; the base of what comes below."""
    y = top
    parent = balanced(heading.parent.upper(), REGULAR, 12, room) if heading.parent else []
    agency = balanced(heading.agency.upper(), BOLD, 12, room)
    for text, face in [*((line, REGULAR) for line in parent), *((line, BOLD) for line in agency)]:
        y -= 12 if y == top else 15
        sheets.put(text, x, y, face, 12, at="middle")
    sheets.rule(x, y - 5, width(agency[-1], BOLD, 12) * 0.42)
    return y - 25


def draw_title(sheets: Sheets, kind: str, subject: str) -> None:
    """BÁO CÁO, what it is about, and the rule below."""
    sheets.y -= 14
    sheets.lines(kind.upper(), face=BOLD, size=14, at="middle", after=2)
    sheets.lines(subject, face=BOLD, size=14, at="middle", room=sheets.room * 0.9)
    last = wrap(subject, BOLD, 14, sheets.room * 0.9)[-1]
    sheets.rule((sheets.left + sheets.right) / 2, sheets.y - 4, min(width(last, BOLD, 14) * 0.4, 60 * mm))
    sheets.y -= 18


def draw_addressee(sheets: Sheets, addressee: str) -> None:
    """Kính gửi, below the title; the first of the recipients refers to it ("Như trên")."""
    sheets.lines(f"Kính gửi: {addressee}.", size=14, at="middle", room=sheets.room * 0.9, after=10)


def draw_signature(sheets: Sheets, signature: Signature) -> None:
    """Nơi nhận at the left, office and name at the right, with room for hand and seal between them."""
    recipients = signature.recipients or ("Lưu: VT.",)
    room = sheets.room * 0.45
    office = wrap(signature.office.upper(), BOLD, 13, room) if signature.office else [""]
    sheets.need(max(len(recipients) * 14 + 30, len(office) * 17 + 100))
    top = sheets.y
    y = top - 12
    sheets.put("Nơi nhận:", sheets.left, y, BOLD_ITALIC, 12)
    for one in recipients:
        for line in wrap(f"- {one}", REGULAR, 11, room):
            y -= 13.5
            sheets.put(line, sheets.left, y, REGULAR, 11)
    x = sheets.right - room / 2
    below = top - 13
    for line in office:
        sheets.put(line, x, below, BOLD, 13, at="middle")
        below -= 17
    sheets.put(signature.name, x, below - 70, BOLD, 13, at="middle")
    sheets.y = min(y, below - 70) - 16


def draw_section(sheets: Sheets, number: int, title: str) -> None:
    """The numbered heading of a part, never without room for what follows."""
    sheets.y -= 4
    sheets.need(60)
    sheets.lines(f"{number}. {title}", face=BOLD, x=sheets.left + 10 * mm, after=5)


def begin_appendix(sheets: Sheets, name: str, title: str, note: str) -> None:
    """A new sheet with the appendix's name, its title, and which document it belongs to."""
    sheets.turn(first=True)
    sheets.lines(name, face=BOLD, size=14, at="middle", after=2)
    sheets.lines(title.upper(), face=BOLD, size=13, at="middle", after=2)
    sheets.lines(note, face=ITALIC, size=13, at="middle", after=8)


def date_line(place: str, day: date | None) -> str:
    """`Phú Thọ, ngày 05 tháng 02 năm 2026`: days below ten and the first two months carry a nought, as the
    decree asks. None: dots, to be filled in by hand."""
    if day is None:
        return f"{place}, ngày …… tháng …… năm ………" if place else "ngày …… tháng …… năm ………"
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    text = f"ngày {day.day:02d} tháng {month} năm {day.year}"
    return f"{place}, {text}" if place else text
