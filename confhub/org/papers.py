"""What a unit's official papers are headed and signed with, as decree 30/2020/NĐ-CP asks. Pure.

A paper is issued by an agency, not by a territory: Ủy ban nhân dân phường Việt Trì, Đảng ủy …, Sở Nội vụ.
What a unit does not say follows from the units above it, so that most need to say nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from confhub.i18n.folding import fold

UNIT: Final = "{unit}"
"""In the issuer's name: stands for the unit's own name, also for the territories below that say nothing."""
NOBODY: Final = "-"
"""As `parent`: no agency is named above."""

COMMITTEE: Final = f"Ủy ban nhân dân {UNIT}"
COMMITTEE_SYMBOL: Final = "UBND"
COMMITTEE_OFFICE: Final = "TM. Ủy ban nhân dân\nChủ tịch"

_TERRITORY = re.compile(
    r"(tinh|thanh pho|tp\.?|huyen|quan|thi xa|tx\.?|xa|phuong|thi tran|tt\.?|dac khu)\s+\S"
)
_BODIES = {"ủy", "uỷ", "đoàn", "đội"}
"""Tỉnh ủy, Huyện đoàn, Xã đội: bodies, though the name begins as a territory's."""
_TONES = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
_SMALL = {"va", "cua", "cac"}
"""Words that an abbreviation leaves out."""


@dataclass(frozen=True, slots=True)
class PaperSettings:
    """What a unit says of its papers; None: nothing. `office` may have two lines (TM. …, Chủ tịch)."""

    agency: str | None = None
    parent: str | None = None
    symbol: str | None = None
    place: str | None = None
    office: str | None = None
    signer: str | None = None
    addressee: str | None = None


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What stands on a unit's papers. Empty: nothing is known, or nothing stands there."""

    agency: str
    """Who issues it."""
    parent: str = ""
    """The agency above the issuer, named over it."""
    symbol: str = ""
    """The issuer's abbreviation, behind the kind of document: the UBND of `15/BC-UBND`."""
    place: str = ""
    """Before the date."""
    office: str = ""
    """The signer's title."""
    signer: str = ""
    addressee: str = ""
    """Kính gửi."""


BLANK: Final = Letterhead("")


@dataclass(frozen=True, slots=True)
class _Pattern:
    """How territories are headed from here down."""

    agency: str = COMMITTEE
    symbol: str = COMMITTEE_SYMBOL
    office: str = COMMITTEE_OFFICE


def letterhead(chain: Sequence[tuple[str, PaperSettings]]) -> Letterhead:
    """The papers of the last unit of a branch: (name, what it says) from the root down, at least one.

    Issuer: what the unit says; else a territory's is its committee (or what a unit above says with `{unit}`);
    a body right below a territory issues in its own name, under that territory's agency; what lies below such
    a body issues in the body's name. Abbreviation, title, signer and the agency above belong to the issuer
    and come with it; place and addressee are handed down to everybody. Nobody addresses themselves.
    """
    found, pattern, above_is_territory = BLANK, _Pattern(), True
    for name, said in chain:
        territory = is_territory(name)
        if said.agency and UNIT in said.agency:
            symbol, office = said.symbol or abbreviation(said.agency), said.office or _office(said.agency)
            pattern = _Pattern(said.agency, symbol, office)
        own = bool(said.agency) or territory or above_is_territory
        if own:
            found = _issuer(name, said, pattern, found, territory=territory)
        found = _said(found, said)
        if not said.place and territory:
            found = replace(found, place=_bare(name))
        above_is_territory = territory
    return replace(found, addressee="") if found.addressee == found.agency else found


def _issuer(
    name: str, said: PaperSettings, pattern: _Pattern, above: Letterhead, *, territory: bool
) -> Letterhead:
    """A unit that issues in a name of its own."""
    by_pattern = territory and not (said.agency and UNIT not in said.agency)
    agency = (said.agency or (pattern.agency if territory else name)).replace(UNIT, _small_first(name))
    return Letterhead(
        agency,
        parent="" if territory else above.agency,
        symbol=pattern.symbol if by_pattern else abbreviation(agency),
        place=above.place,
        office=pattern.office if by_pattern else _office(agency),
        addressee=above.addressee,
    )


def _said(found: Letterhead, said: PaperSettings) -> Letterhead:
    """With what the unit itself says, over what follows."""
    parent = found.parent if said.parent is None else "" if said.parent == NOBODY else said.parent
    return replace(
        found,
        parent=parent,
        symbol=said.symbol or found.symbol,
        place=said.place or found.place,
        office=said.office or found.office,
        signer=said.signer or found.signer,
        addressee=said.addressee or found.addressee,
    )


def is_territory(name: str) -> bool:
    """Whether the name is that of a territory (Tỉnh …, Xã …), which has an agency and is none."""
    words = unicodedata.normalize("NFC", name).lower().split()
    body = len(words) > 1 and words[1] in _BODIES and words[0] != "thị"
    return not body and _TERRITORY.match(fold(name)) is not None


def abbreviation(agency: str) -> str:
    """The first letters of its words: Sở Nội vụ is SNV; a committee of the people is UBND wherever it is."""
    if _is_committee(agency):
        return COMMITTEE_SYMBOL
    words = re.findall(r"[^\W\d_]+", agency.replace(UNIT, ""))
    first = "".join(word[0] for word in words if fold(word) not in _SMALL)
    plain = _TONES.sub("", unicodedata.normalize("NFD", first))
    return unicodedata.normalize("NFC", plain).upper()


def _office(agency: str) -> str:
    """Who signs for it: a committee's chairman, however its name was said; of others nothing follows."""
    return COMMITTEE_OFFICE if _is_committee(agency) else ""


def _is_committee(agency: str) -> bool:
    return fold(agency).startswith(("uy ban nhan dan", "ubnd"))


def _small_first(name: str) -> str:
    return name[:1].lower() + name[1:] if is_territory(name) else name


def _bare(name: str) -> str:
    """A territory's name without its kind: Phú Thọ of Tỉnh Phú Thọ."""
    words = name.split()
    kind = 2 if fold(" ".join(words[:2])) in {"thanh pho", "thi xa", "thi tran", "dac khu"} else 1
    return " ".join(words[kind:])
