"""What the API answers on org units' papers."""

from __future__ import annotations

from confhub.http.shapes import Answer


class PaperSettingsOut(Answer):
    """What a unit says of its papers; None: nothing. `office` may have two lines (TM. …, Chủ tịch)."""

    agency: str | None
    parent: str | None
    symbol: str | None
    place: str | None
    office: str | None
    signer: str | None
    addressee: str | None


class LetterheadOut(Answer):
    """What stands on a unit's papers. Empty: nothing is known, or nothing stands there."""

    agency: str
    """Who issues it."""
    parent: str
    """The agency above the issuer, named over it."""
    symbol: str
    """The issuer's abbreviation, behind the kind of document: the UBND of `15/BC-UBND`."""
    place: str
    """Before the date."""
    office: str
    """The signer's title."""
    signer: str
    addressee: str
    """Kính gửi."""
