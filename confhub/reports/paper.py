"""What every report on paper has: the same head and foot, who issues it, to whom, who signs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from confhub.i18n.catalogue import Translate
from confhub.org.papers import BLANK, Letterhead
from confhub.paper.decree import (
    Heading,
    Signature,
    draw_addressee,
    draw_heading,
    draw_signature,
    draw_title,
)
from confhub.paper.sheets import Sheets

KIND: Final = "BC"
"""Báo cáo, as the decree abbreviates it."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What is drawn, beside the report itself. `home`: the hub's address, for the QR code."""

    language: str
    home: str
    persons: int
    """How many will follow; 0: the roster is left out."""
    timezone: str = "Asia/Ho_Chi_Minh"
    made_at: datetime | None = None
    """Where the report itself does not tell."""
    letterhead: Letterhead = BLANK
    heads: dict[int, str] = field(default_factory=dict)
    """Session → the end of the chain that closed it; of a course's sessions."""


def draw_head(sheets: Sheets, letterhead: Letterhead, kind: str, subject: str) -> None:
    """Agency, nation, number, place and date; kind and subject; addressee. Number and day are left to the
    hand that signs."""
    symbol = f"{KIND}-{letterhead.symbol}" if letterhead.symbol else KIND
    draw_heading(sheets, Heading(letterhead.agency, letterhead.parent, symbol=symbol, place=letterhead.place))
    draw_title(sheets, kind, subject)
    if letterhead.addressee:
        draw_addressee(sheets, letterhead.addressee)


def draw_foot(sheets: Sheets, letterhead: Letterhead, _: Translate) -> None:
    """Recipients and signature. "Như trên" stands where there is something above that it refers to."""
    recipients = ("Như trên;", "Lưu: VT.") if letterhead.addressee else ("Lưu: VT.",)
    office = letterhead.office or _("Head of the unit")
    draw_signature(sheets, Signature(office, letterhead.signer, recipients))
