"""Whether somebody's text names a person. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from confhub.i18n.folding import fold

MIDDLE: Final = frozenset({"thi", "van"})
"""Folded middle names that nobody is called by, and that are words of any text."""
PHONE_DIGITS: Final = 9
"""Of a number, from its end: it may be typed with 0, with +84, with blanks and dots."""

_WORD = re.compile(r"\w+")
_NOT_DIGIT = re.compile(r"\D")


@dataclass(frozen=True, slots=True)
class Called:
    """What a person is called. `names`: whole ones, folded; `words`: single ones of them, and the person's
    code; `numbers`: the ends of phone numbers; `addresses`: e-mail."""

    names: frozenset[str]
    words: frozenset[str]
    numbers: frozenset[str]
    addresses: frozenset[str]


def called(
    names: Iterable[str], codes: Iterable[str | None], phones: Iterable[str | None],
    emails: Iterable[str | None],
) -> Called:  # fmt: skip
    """Whoever has these names, codes, phones and addresses; empty ones are left out."""
    whole = {_words(name) for name in names} - {()}
    single = {word for name in whole for word in name if word not in MIDDLE or word == name[-1]}
    ends = {_NOT_DIGIT.sub("", phone or "")[-PHONE_DIGITS:] for phone in phones}
    return Called(
        frozenset(" ".join(name) for name in whole),
        frozenset(single | {" ".join(_words(code)) for code in codes if code}),
        frozenset(end for end in ends if len(end) == PHONE_DIGITS),
        frozenset(email.casefold() for email in emails if email),
    )


def names(text: str, who: Called, *, by_a_word: bool) -> bool:
    """Whether the text names the person: by a whole name, a number or an address; `by_a_word`: also by one
    word of the name ("bà Giao"), or the code."""
    said = f" {' '.join(_words(text))} "
    wanted = who.names | who.words if by_a_word else who.names
    digits, plain = _NOT_DIGIT.sub("", text), text.casefold()
    return (
        any(f" {one} " in said for one in wanted)
        or any(one in digits for one in who.numbers)
        or any(one in plain for one in who.addresses)
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(fold(text)))
