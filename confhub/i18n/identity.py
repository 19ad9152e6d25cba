"""Identity: when two written names are one name. Not searching: that is `folding`."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

TONES: Final = frozenset("\u0300\u0301\u0303\u0309\u0323")
"""Huyền, sắc, ngã, hỏi, nặng: one a syllable, wherever in it the typist has put it."""

_SAME: Final = str.maketrans(
    {"Ð": "đ", "ð": "đ", "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "–": "-", "‐": "-", "‑": "-"}
)
"""What looks alike on paper: Eth and Đ, and what editors make of an apostrophe or a hyphen."""


def identity_key(name: str) -> str:
    """The same for two writings of one name: NFC and NFD, capitals, blanks, `Hoà` and `Hòa`.

    A letter or a tone makes another name: `Hoa`, `Hòa`, `Hóa`; `Tuân`, `Tuấn`; `Đức`, `Dức`. For comparing
    whole names of people, units and rooms; `folding.fold` is for finding them by what somebody types.
    """
    return " ".join(map(_word_key, name.split()))


@lru_cache(maxsize=20_000)
def _word_key(word: str) -> str:
    """One syllable, small, its tone at the end; a few thousand syllables make up every name."""
    letters = unicodedata.normalize("NFKD", word.translate(_SAME)).casefold()
    letters = unicodedata.normalize("NFD", letters)
    bare = "".join(letter for letter in letters if letter not in TONES)
    tones = "".join(letter for letter in letters if letter in TONES)
    return unicodedata.normalize("NFC", bare) + tones
