"""Certificates as PDF: A4 landscape, one sheet each, with number and QR code of the verification page.

`python -m confhub.training.certificate_pdf OUT` reads one JSON object a line from standard input (`number`,
`url`, `revoked`, `printed`), draws them all into OUT, and writes how many are done to standard output. A
course of 40,000 people is drawn in this process of its own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Final

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.units import mm

from confhub.files.progress import counted
from confhub.paper.decree import MOTTO, NATION, date_line
from confhub.paper.fonts import BOLD, BOLD_ITALIC, ITALIC, REGULAR, shrunk, width, wrap
from confhub.paper.sheets import Margins, Sheets

RED: Final = HexColor("#b01218")
GOLD: Final = HexColor("#b8862b")
INK: Final = HexColor("#111111")
GREY: Final = HexColor("#555555")
_REVOKED: Final = Color(0.69, 0.07, 0.09, alpha=0.22)
TITLE: Final = "GIẤY CHỨNG NHẬN"
REVOKED_MARK: Final = "ĐÃ THU HỒI"
TOLD_EVERY: Final = 50
"""Sheets between two lines of progress: about a second."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One certificate. `url`: its verification page; `printed` as in `training.printing.facts`."""

    number: str
    url: str
    revoked: bool
    printed: dict[str, Any]
    code: str = ""
    """What is typed on the verification page; empty for one from before there were codes."""


def one_pdf(paper: Paper) -> bytes:
    """A single certificate. Blocking, some 50 ms."""
    out = BytesIO()
    write(out, [paper])
    return out.getvalue()


def write(target: Path | IO[bytes], papers: Iterable[Paper]) -> None:
    """All of them in one file."""
    sheets = Sheets(
        target,
        "Giấy chứng nhận",
        subject="Giấy chứng nhận hoàn thành",
        margins=Margins(top=17 * mm, bottom=17 * mm, left=22 * mm, right=22 * mm),
        sideways=True,
    )
    for done, paper in enumerate(papers):
        if done:
            sheets.canvas.showPage()
        _draw(sheets, paper)
    sheets.save()


def _draw(sheets: Sheets, paper: Paper) -> None:
    facts = paper.printed
    _frame(sheets)
    sheets.canvas.setFillColor(INK)
    _heads(sheets, facts)
    middle = sheets.width / 2
    sheets.canvas.setFillColor(RED)
    sheets.put(TITLE, middle, sheets.height - 172, BOLD, 38, at="middle")
    sheets.canvas.setFillColor(INK)
    y = sheets.height - 204
    sheets.put(_text(facts, "agency"), middle, y, REGULAR, 15, at="middle")
    y -= 22
    sheets.put("chứng nhận", middle, y, ITALIC, 15, at="middle")
    y = _name(sheets, facts, y - 40)
    y = _body(sheets, facts, y)
    _foot(sheets, paper)
    if paper.revoked:
        _mark_revoked(sheets)


def _text(facts: dict[str, Any], name: str) -> str:
    return str(facts.get(name) or "")


def _frame(sheets: Sheets) -> None:
    """Two lines around, and an angle in each corner."""
    pen = sheets.canvas
    outer, inner = 9 * mm, 11.2 * mm
    pen.setStrokeColor(RED)
    pen.setLineWidth(2.2)
    pen.rect(outer, outer, sheets.width - 2 * outer, sheets.height - 2 * outer)
    pen.setStrokeColor(GOLD)
    pen.setLineWidth(0.8)
    pen.rect(inner, inner, sheets.width - 2 * inner, sheets.height - 2 * inner)
    for x, right in ((inner, 1), (sheets.width - inner, -1)):
        for y, up in ((inner, 1), (sheets.height - inner, -1)):
            _corner(sheets, x, y, right, up)


def _corner(sheets: Sheets, x: float, y: float, right: int, up: int) -> None:
    pen = sheets.canvas
    pen.setLineWidth(1.1)
    for step, reach in ((4.0, 34.0), (8.0, 26.0), (12.0, 18.0)):
        path: Any = pen.beginPath()
        path.moveTo(x + right * step, y + up * reach)
        path.lineTo(x + right * step, y + up * step)
        path.lineTo(x + right * reach, y + up * step)
        pen.drawPath(path, stroke=1, fill=0)
    pen.setFillColor(GOLD)
    pen.circle(x + right * 17, y + up * 17, 1.8, stroke=0, fill=1)


def _heads(sheets: Sheets, facts: dict[str, Any]) -> None:
    """The agency at the left, nation and motto at the right."""
    left, right = sheets.left + sheets.room * 0.21, sheets.right - sheets.room * 0.24
    top = sheets.height - 54
    room = sheets.room * 0.42
    y = top
    above = _text(facts, "agency_above").upper()
    lines = [(line, REGULAR) for line in wrap(above, REGULAR, 12.5, room)] if above else []
    own = wrap(_text(facts, "agency").upper(), BOLD, 12.5, room)
    for line, face in [*lines, *((line, BOLD) for line in own)]:
        sheets.put(line, left, y, face, 12.5, at="middle")
        y -= 16
    sheets.canvas.setStrokeColor(INK)
    sheets.rule(left, y + 10, width(own[-1] if own else "", BOLD, 12.5) * 0.42)
    sheets.put(NATION, right, top, BOLD, 12.5, at="middle")
    sheets.put(MOTTO, right, top - 17, BOLD, 13.5, at="middle")
    sheets.rule(right, top - 22, width(MOTTO, BOLD, 13.5))


_NAME_LINES: Final = 2
_OFFICE_LINES: Final = 3
"""What there is room for; a longer text is set smaller, and never cut."""


def _name(sheets: Sheets, facts: dict[str, Any], y: float) -> float:
    """Ông/Bà and the name as large as it fits, in two lines at most; the base of what comes next."""
    text, middle = _text(facts, "name"), sheets.width / 2
    room = sheets.room * 0.86
    size = 32.0
    while size > 18 and width(text, BOLD, size) > room:
        size -= 1
    sheets.canvas.setFillColor(RED)
    size, lines = shrunk(text, BOLD, size, room, _NAME_LINES)
    for line in lines:
        sheets.put(line, middle, y, BOLD, size, at="middle")
        y -= size * 1.15
    sheets.canvas.setFillColor(INK)
    y += size * 1.15
    details = [f"Sinh ngày {_day(_text(facts, 'born'))}"] if facts.get("born") else []
    details += [part for part in (_text(facts, "position"), _text(facts, "unit")) if part]
    y -= 25
    small, lines = shrunk(" · ".join(details), REGULAR, 14, sheets.room * 0.9, _NAME_LINES)
    for line in lines:
        sheets.put(line, middle, y, REGULAR, small, at="middle")
        y -= small * 1.28
    return y - 6


def _body(sheets: Sheets, facts: dict[str, Any], y: float) -> float:
    middle = sheets.width / 2
    sheets.put("đã hoàn thành chương trình", middle, y, ITALIC, 15, at="middle")
    y -= 27
    size, lines = shrunk(_text(facts, "course"), BOLD, 20, sheets.room * 0.88, _NAME_LINES)
    for line in lines:
        sheets.put(line, middle, y, BOLD, size, at="middle")
        y -= size * 1.22
    sheets.put(when(facts), middle, y - 3, REGULAR, 14, at="middle")
    return y - 20


def when(facts: dict[str, Any]) -> str:
    """`Từ ngày 02/3/2026 đến ngày 04/3/2026, 3 buổi học, tổng thời lượng 6 giờ 30 phút`."""
    first, last = _text(facts, "first_day"), _text(facts, "last_day")
    parts = []
    if first and last and first != last:
        parts.append(f"Từ ngày {_day(first)} đến ngày {_day(last)}")
    elif first:
        parts.append(f"Ngày {_day(first)}")
    sessions, minutes = int(facts.get("sessions") or 0), int(facts.get("minutes") or 0)
    if sessions:
        parts.append(f"{sessions} buổi học")
    if minutes:
        hours, rest = divmod(minutes, 60)
        spoken = " ".join(
            part for part in (f"{hours} giờ" if hours else "", f"{rest} phút" if rest else "") if part
        )
        parts.append(f"thời gian tham dự {spoken}")
    return ", ".join(parts)


def _day(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day.day:02d}/{day.month:02d}/{day.year}"


def _foot(sheets: Sheets, paper: Paper) -> None:
    """Number and QR code at the left; place, date and signer at the right."""
    facts = paper.printed
    side = 27 * mm
    x, y = sheets.left + 2 * mm, 19 * mm
    sheets.canvas.setFillColor(INK)
    sheets.qr(paper.url, x, y, side)
    beside, room = x + side + 5 * mm, 62 * mm
    sheets.put("Số:", beside, y + side - 12, REGULAR, 13)
    size = 13.0
    while size > 8 and width(paper.number, BOLD, size) > room - 26:
        size -= 0.5
    sheets.put(paper.number, beside + 26, y + side - 12, BOLD, size)
    sheets.canvas.setFillColor(GREY)
    below = y + side - 31
    hint = "Quét mã QR để kiểm tra tính hợp lệ"
    if paper.code:
        sheets.canvas.setFillColor(INK)
        sheets.put("Mã kiểm tra:", beside, below, REGULAR, 11)
        sheets.put(paper.code, beside + width("Mã kiểm tra: ", REGULAR, 11), below, BOLD, 11)
        sheets.canvas.setFillColor(GREY)
        below -= 14
        hint += ", hoặc nhập mã này tại"
    else:
        hint += ", hoặc nhập số và họ tên tại"
    for line in [*wrap(hint, ITALIC, 9.5, room), *wrap(_site(paper.url), ITALIC, 9.5, room)]:
        sheets.put(line, beside, below, ITALIC, 9.5)
        below -= 11.5
    sheets.canvas.setFillColor(INK)
    right, top = sheets.right - sheets.room * 0.2, 158.0
    day = date.fromisoformat(_text(facts, "day")) if facts.get("day") else None
    sheets.put(date_line(_text(facts, "place"), day), right, top, ITALIC, 13.5, at="middle")
    line_y = top - 19
    office = _text(facts, "signer_position").upper()
    size, lines = shrunk(office, BOLD, 13, sheets.room * 0.38, _OFFICE_LINES)
    for line in lines:
        sheets.put(line, right, line_y, BOLD, size, at="middle")
        line_y -= size * 1.23
    sheets.put(_text(facts, "signer_name"), right, 52, BOLD, 14, at="middle")


def _site(url: str) -> str:
    """The page where a number is typed: the address without the certificate's own token."""
    return url.split("://", 1)[-1].rsplit("/", 1)[0]


def _mark_revoked(sheets: Sheets) -> None:
    pen = sheets.canvas
    pen.saveState()
    pen.setFillColor(_REVOKED)
    pen.translate(sheets.width / 2, sheets.height / 2)
    pen.rotate(24)
    pen.setFont(BOLD_ITALIC, 96)
    pen.drawCentredString(0, -30, REVOKED_MARK)
    pen.restoreState()


def main(arguments: list[str]) -> int:
    """Draw what comes in, tell how far it has come."""
    papers = (Paper(**json.loads(line)) for line in sys.stdin)
    write(Path(arguments[0]), counted(papers, TOLD_EVERY))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
