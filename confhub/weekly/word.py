"""A week's schedule as DOCX, which offices go on editing: the same table, with merged cells."""

from __future__ import annotations

from typing import IO, Any, Final

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from confhub.paper.decree import MOTTO, NATION, date_line
from confhub.weekly.pdf import SHARES
from confhub.weekly.values import Week
from confhub.weekly.words import KIND, Cell, Words

FONT: Final = "Times New Roman"
"""The decree's own."""
SIZE: Final = Pt(11)
_ROOM_MM: Final = 297 - 30 - 16
_CENTRE: Final = WD_ALIGN_PARAGRAPH.CENTER


def write_week(target: IO[bytes], week: Week, words: Words, recipients: tuple[str, ...], office: str) -> None:
    """Write the DOCX. `office`: who signs where the unit says nothing."""
    document = Document()
    _page(document, words, week)
    _heading(document, week)
    _line(document, words.title().upper(), bold=True, size=Pt(14))
    _line(document, words.subject(week), bold=True, size=Pt(14))
    for text in words.standing(week):
        _line(document, text, italic=True, size=Pt(12))
    _table(document, week, words)
    if week.more:
        _line(document, words.more(), italic=True, size=SIZE)
    _line(document, "", size=SIZE)
    _signature(document, week, recipients, office)
    document.save(target)


def _page(document: Any, words: Words, week: Week) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.top_margin, section.bottom_margin = Mm(22), Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(16)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(13)
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FONT)
    normal.paragraph_format.space_after = normal.paragraph_format.space_before = Pt(0)
    said = document.core_properties
    said.title, said.author = words.subject(week), week.letterhead.agency
    said.language = words.language


def _heading(document: Any, week: Week) -> None:
    """The agency at the left, the nation at the right, in a table without rules."""
    head = week.letterhead
    left, right = _halves(document, 0.42)
    if head.parent:
        _say(left, head.parent.upper(), size=Pt(12))
    _say(left, (head.agency or week.unit_name).upper(), bold=True, size=Pt(12))
    symbol = f"{KIND}-{head.symbol}" if head.symbol else KIND
    _say(left, f"Số:          /{symbol}", size=Pt(13))
    _say(right, NATION, bold=True, size=Pt(12))
    _say(right, MOTTO, bold=True, size=Pt(13), underline=True)
    _say(right, date_line(head.place, None), italic=True, size=Pt(13))
    _line(document, "", size=SIZE)


def _table(document: Any, week: Week, words: Words) -> None:
    headings = words.headings()
    table = document.add_table(rows=1, cols=len(headings))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    for cell, text in zip(table.rows[0].cells, headings, strict=True):
        _say(cell, text, bold=True, size=SIZE)
    _repeat(table.rows[0])
    for day in words.days(week):
        first = None
        for half in day.halves:
            begins = None
            for row in half.rows:
                cells = table.add_row().cells
                first, begins = first or cells[0], begins or cells[1]
                for place, (cell, said) in enumerate(zip(cells[2:], row.cells, strict=True)):
                    _fill(cell, said, gone=row.gone, centred=place == 0)
                last = cells
            _merged(begins, last[1], (half.title,))
        if first is None:
            cells = table.add_row().cells
            first = cells[0]
            _say(cells[3], words.nothing(), size=SIZE, centred=False)
            last = cells
        _merged(first, last[0], day.title)
    total = sum(SHARES)
    for row in table.rows:
        for cell, share in zip(row.cells, SHARES, strict=True):
            cell.width = Mm(_ROOM_MM * share / total)


def _merged(first: Any, last: Any, lines: tuple[str, ...]) -> None:
    """One cell from the first to the last, which says these lines."""
    cell = first if first._tc is last._tc else first.merge(last)
    for extra in cell.paragraphs[1:]:
        extra._p.getparent().remove(extra._p)
    for number, line in enumerate(lines):
        _say(cell, line, bold=number == 0, size=SIZE)


def _fill(cell: Any, said: Cell, *, gone: bool, centred: bool) -> None:
    for text, struck, italic in (
        (said.was, True, False),
        (said.text, gone, False),
        (said.remark, False, True),
    ):
        if text:
            _say(cell, text, size=SIZE, struck=struck, italic=italic, centred=centred)


def _signature(document: Any, week: Week, recipients: tuple[str, ...], office: str) -> None:
    left, right = _halves(document, 0.5)
    _say(left, "Nơi nhận:", bold=True, italic=True, size=Pt(12), centred=False)
    for one in recipients:
        _say(left, f"- {one}", size=Pt(11), centred=False)
    for line in (week.letterhead.office or office).split("\n"):
        _say(right, line.upper(), bold=True, size=Pt(13))
    for _ in range(4):
        right.add_paragraph()
    _say(right, week.letterhead.signer, bold=True, size=Pt(13))


def _halves(document: Any, share: float) -> tuple[Any, Any]:
    """Two cells beside each other, without rules."""
    table = document.add_table(rows=1, cols=2)
    table.autofit = False
    left, right = table.rows[0].cells
    left.width, right.width = Mm(_ROOM_MM * share), Mm(_ROOM_MM * (1 - share))
    _whole(table.rows[0])
    return left, right


def _line(document: Any, text: str, *, size: Any, bold: bool = False, italic: bool = False) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = _CENTRE
    run = paragraph.add_run(text)
    run.bold, run.italic, run.font.size = bold, italic, size


def _say(
    cell: Any, text: str, *, size: Any, bold: bool = False, italic: bool = False, struck: bool = False,
    underline: bool = False, centred: bool = True,
) -> None:  # fmt: skip
    """A paragraph more; the empty one that each cell begins with is the first."""
    paragraph = cell.paragraphs[-1]
    if paragraph.runs:
        paragraph = cell.add_paragraph()
    paragraph.alignment = _CENTRE if centred else WD_ALIGN_PARAGRAPH.LEFT
    run = paragraph.add_run(text)
    run.bold, run.italic, run.underline = bold, italic, underline
    run.font.size, run.font.strike = size, struck


def _repeat(row: Any) -> None:
    """The heading again on every sheet."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _whole(row: Any) -> None:
    """Not over two sheets."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
