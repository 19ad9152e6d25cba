"""Folding: text as people type it when they search, without diacritics, case or double spaces."""

from __future__ import annotations

import unicodedata

_DISTINCT = str.maketrans({"đ": "d", "Đ": "d", "ð": "d", "Ð": "d", "\u00a0": " "})


def fold(text: str) -> str:
    """`text` for searching: "Hoà", "Hòa" and "hoa" give "hoa"; đ gives d; runs of blanks one space.

    Store `fold(name)` in a `search_key` column and look for `fold(query)` inside it.
    """
    decomposed = unicodedata.normalize("NFKD", text.translate(_DISTINCT))
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(bare.casefold().split())


def like_pattern(query: str) -> str:
    """A LIKE pattern (escape character `\\`) that finds `query`, folded, anywhere in a search key."""
    folded = fold(query)
    for special in ("\\", "%", "_"):
        folded = folded.replace(special, "\\" + special)
    return f"%{folded}%"
