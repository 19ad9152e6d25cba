"""Printed badges: A4 sheets of ten cards, each with the personal code as a QR code, in a process of its own.

The QR code holds the sixteen characters of the badge and nothing else: a lost one tells nobody who it was.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from reportlab.lib.units import mm

from confhub.files.drawing import drawn_at_once
from confhub.paper.fonts import BOLD, REGULAR, fit, wrap
from confhub.paper.sheets import Margins, Sheets
from confhub.people.rules import badge_text
from confhub.people.values import Person

CARD_WIDTH: Final = 85 * mm
CARD_HEIGHT: Final = 54 * mm
"""The size of a bank card (ISO/IEC 7810 ID-1, 85.6 × 54 mm), which badge holders fit."""
COLUMNS: Final = 2
ROWS: Final = 5
PAD: Final = 4 * mm
QR_SIDE: Final = 27 * mm
"""Read by a tablet's camera from half a metre."""
_GREY: Final = 0.35


@dataclass(frozen=True, slots=True)
class Card:
    """What stands on one badge."""

    name: str
    unit: str
    position: str
    code: str
    badge: str


def card_of(person: Person) -> Card:
    """A person's card."""
    return Card(person.name, person.unit_name, person.position or "", person.code or "", person.badge)


def draw(cards: Iterable[Card], title: str) -> bytes:
    """The PDF. Blocking: some milliseconds a card."""
    out = io.BytesIO()
    side = 20 * mm
    sheets = Sheets(out, title, margins=Margins(13.5 * mm, 13.5 * mm, side, side))
    for place, card in enumerate(cards):
        slot = place % (COLUMNS * ROWS)
        if place and not slot:
            sheets.canvas.showPage()
        x = side + (slot % COLUMNS) * CARD_WIDTH
        y = sheets.height - 13.5 * mm - (slot // COLUMNS + 1) * CARD_HEIGHT
        _draw_card(sheets, card, x, y)
    sheets.save()
    return out.getvalue()


def _draw_card(sheets: Sheets, card: Card, x: float, y: float) -> None:
    pen = sheets.canvas
    pen.setDash(2, 2)
    pen.setLineWidth(0.4)
    pen.setStrokeGray(0.6)
    pen.rect(x, y, CARD_WIDTH, CARD_HEIGHT)
    pen.setDash()
    sheets.qr(card.badge, x + CARD_WIDTH - PAD - QR_SIDE, y + CARD_HEIGHT - PAD - QR_SIDE, QR_SIDE)
    left, room = x + PAD, CARD_WIDTH - 3 * PAD - QR_SIDE
    at = y + CARD_HEIGHT - PAD - 9
    for line in wrap(card.unit.upper(), REGULAR, 8, room)[:2]:
        sheets.put(fit(line, REGULAR, 8, room), left, at, REGULAR, 8)
        at -= 10
    at -= 8
    size = 14.0
    while size > 10 and len(wrap(card.name, BOLD, size, room)) > 2:
        size -= 1
    lines = wrap(card.name, BOLD, size, room)
    for line in [*lines[:2], " ".join(lines[2:])][:3]:
        if line:
            sheets.put(fit(line, BOLD, size, room), left, at, BOLD, size)
            at -= size * 1.2
    at -= 1
    for line in wrap(card.position, REGULAR, 9.5, room)[:2]:
        sheets.put(fit(line, REGULAR, 9.5, room), left, at, REGULAR, 9.5)
        at -= 11.5
    pen.setFillGray(_GREY)
    sheets.put(fit(card.code, REGULAR, 9, room), left, y + PAD + 13, REGULAR, 9)
    pen.setFont("Courier-Bold", 11)
    pen.drawString(left, y + PAD, badge_text(card.badge))
    pen.setFillGray(0)


async def sheet(people: Sequence[Person], title: str) -> bytes:
    """The PDF of these people's badges, drawn by another process so that the hub's loop goes on."""
    order = {"title": title, "cards": [asdict(card_of(person)) for person in people]}
    return await drawn_at_once("confhub.people.badge_pdf", json.dumps(order).encode())


def main() -> int:
    """An order as JSON in, the PDF out."""
    order = json.load(sys.stdin)
    sys.stdout.buffer.write(draw((Card(**card) for card in order["cards"]), order["title"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
