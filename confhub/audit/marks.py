"""Marks that stand for erased texts in append-only rows, so that a seal over them goes on holding.

A seal hashes such a text by its mark, and a row whose text was erased holds the mark itself: the hash is the
same before and after. A mark tells nothing by itself; who guesses the whole text sees that it stood there.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Final

_MARK: Final = re.compile(r"~[0-9a-f]{64}")


def mark(text: str) -> str:
    """`~` and the SHA-256 of the text; a mark is its own mark."""
    return text if _MARK.fullmatch(text) else "~" + hashlib.sha256(text.encode()).hexdigest()


def mark_of_person(salt: str | None, names: Sequence[str | None]) -> str:
    """What a seal holds of a person's code, name, position and keys. The salt, which goes with them, keeps
    the mark from telling whom it stands for: there are not so many names that nobody could try them all."""
    return mark(json.dumps([salt, *names], separators=(",", ":")))


def shown(text: str) -> str:
    """The text for people to read: nothing where it was erased."""
    return "" if _MARK.fullmatch(text) else text
