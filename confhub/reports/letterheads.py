"""The same head and foot on every report: who issues it, to whom, who signs."""

from __future__ import annotations

from typing import Final

from confhub.i18n.catalogue import Translate
from confhub.org.papers import Letterhead
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
