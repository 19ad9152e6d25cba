"""How offices write units short: `P. Dữu Lâu`, `UBND xã Ấm Hạ`, `TT. Hạ Hòa, H. Hạ Hòa`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from confhub.i18n.identity import identity_key

_SHORT: Final = {
    "p": "phường", "x": "xã", "tt": "thị trấn", "tp": "thành phố", "tx": "thị xã", "h": "huyện", "q": "quận",
    "t": "tỉnh", "đk": "đặc khu",
}  # fmt: skip
"""Abbreviation → kind of unit."""

_KINDS: Final = tuple(sorted({identity_key(kind) for kind in _SHORT.values()}, key=len, reverse=True))
_AUTHORITIES: Final = tuple(
    identity_key(name)
    for name in (
        "ubnd", "hđnd", "hđnd-ubnd", "hđnd và ubnd", "ủy ban nhân dân", "hội đồng nhân dân", "ub", "đảng ủy",
        "đu", "ubmttq", "ủy ban mttq", "văn phòng ubnd", "vp ubnd",
    )
)  # fmt: skip
"""What governs a unit and is written for it."""

_ABBREVIATION = re.compile(
    rf"({'|'.join(sorted(_SHORT, key=len, reverse=True))})(?:\.\s*|\s+)(?=\S)", re.IGNORECASE
)
_NUMBER = re.compile(r"(?:[IVXLC]{1,6}|[A-Z]|[0-9]{1,2})[.)]\s*")


def bare(key: str) -> str:
    """A name's identity without the kind of unit in front: `dữu lâu` of `phường dữu lâu`."""
    return next((key[len(kind) + 1 :] for kind in _KINDS if key.startswith(f"{kind} ")), key)


def meant(text: str) -> Iterator[str]:
    """The identities that a unit written short may have, the likeliest first; not the text's own."""
    text = _NUMBER.sub("", text, count=1) if _NUMBER.match(text) else text
    for part in dict.fromkeys((text, text.split(",")[0], text.split(" - ")[0], text.split("(")[0])):
        yield from dict.fromkeys(_of(part.strip()))


def _of(text: str) -> Iterator[str]:
    key = identity_key(text)
    yield key
    authority = next((name for name in _AUTHORITIES if key.startswith(f"{name} ")), None)
    if authority is not None:
        key = key[len(authority) + 1 :]
        text = " ".join(text.split()[len(authority.split()) :])
        yield key
    short = _ABBREVIATION.match(text)
    if short is not None:
        yield identity_key(f"{_SHORT[short[1].lower()]} {text[short.end() :]}")
